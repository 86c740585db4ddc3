{{/* Images that run, for an Anchore API (inventory.md): a reader with an account of its own and the configuration file of its predecessors. */}}
{{- define "kso.component.inventory" -}}
{{- $v := .root.Values.inventory -}}
key: inventory
component: inventory
args: [kso, inventory, --config, /etc/config/config.yaml]
metrics: true
token: true
floor: 128
# Two of them would report everything twice.
strategy: Recreate
cloudConfig:
  {{ $v.name }}: {config.yaml: config.yaml}
checksums:
  {{ $v.name }}: kso.config.inventory
{{- if and (not $v.anchore.url) (include "kso.inventoryUrl" .) }}
secretEnv:
  - {name: KAI_ANCHORE_USER, secret: {{ .settings.credentialsSecret | quote }}, key: account}
  - {name: KAI_ANCHORE_PASSWORD, secret: {{ .settings.credentialsSecret | quote }}, key: accessKey}
{{- else if not $v.injectSecretsViaEnv }}
{{- with $v.existingSecret | default (ternary $v.name "" (not (empty (include "kso.inventoryMakesSecret" .root)))) }}
secretEnv:
  - {name: KAI_ANCHORE_PASSWORD, secret: {{ . | quote }}, key: KAI_ANCHORE_PASSWORD}
{{- end }}
{{- end }}
{{- end -}}

{{/* "true" when the password is a value: better is a Secret of the user's own. */}}
{{- define "kso.inventoryMakesSecret" -}}
{{- with .Values.inventory -}}
{{- if and .anchore.password (not .existingSecret) (not .injectSecretsViaEnv) -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where inventories go: to the API that is named, else to the cloud-endpoint of the release, else nowhere. In: dict root, settings. */}}
{{- define "kso.inventoryUrl" -}}
{{- if .root.Values.inventory.anchore.url -}}{{ .root.Values.inventory.anchore.url }}
{{- else if and .settings.reportUrl (eq .settings.reportUrl .settings.endpointUrl) -}}{{ .settings.endpointUrl }}
{{- end -}}
{{- end -}}

{{/* Keys of the file are those of kai and k8s-inventory; the password is named, not written. */}}
{{- define "kso.config.inventory" -}}
{{- $v := .root.Values.inventory -}}
{{- $s := include "kso.settings" .root | fromYaml -}}
{{- $byLabel := $v.accountRouteByNamespaceLabel -}}
{{- dict
      "anchore" (dict
        "url" (include "kso.inventoryUrl" (dict "root" .root "settings" $s)) "user" $v.anchore.user "password" "$KAI_ANCHORE_PASSWORD" "account" $v.anchore.account
        "http" (dict "insecure" $v.anchore.http.insecure "timeout-seconds" $v.anchore.http.timeoutSeconds))
      "kubeconfig" (dict "path" $v.kubeconfig.path "cluster" ($v.kubeconfig.cluster | default $s.clusterName))
      "mode" $v.mode
      "health" (dict "host" "0.0.0.0" "port" 8000)
      "polling-interval-seconds" $v.pollingIntervalSeconds
      "health-report-interval-seconds" $v.healthReportIntervalSeconds
      "kubernetes" (dict
        "request-timeout-seconds" $v.kubernetes.requestTimeoutSeconds
        "request-batch-size" $v.kubernetes.requestBatchSize
        "worker-pool-size" $v.kubernetes.workerPoolSize)
      "namespace-selectors" $v.namespaceSelectors
      "missing-tag-policy" $v.missingTagPolicy
      "missing-registry-override" $v.missingRegistryOverride
      "ignore-not-running" $v.ignoreNotRunning
      "account-routes" $v.accountRoutes
      "account-route-by-namespace-label" (dict
        "key" $byLabel.key
        "default-account" $byLabel.defaultAccount
        "ignore-missing-label" $byLabel.ignoreNamespaceMissingLabel)
      "metadata-collection" $v.metadataCollection
      "inventory-report-limits" (dict
        "namespaces" $v.inventoryReportLimits.namespaces
        "payload-threshold-bytes" $v.inventoryReportLimits.payloadThresholdBytes)
      "anchore-registration" (dict
        "registration-id" $v.anchoreRegistration.RegistrationId
        "integration-name" $v.anchoreRegistration.IntegrationName
        "integration-description" $v.anchoreRegistration.IntegrationDescription)
      "log" $v.log
      "quiet" $v.quiet
      "output" $v.output
      "verbose-inventory-reports" $v.verboseInventoryReports
    | toYaml -}}
{{- end -}}
