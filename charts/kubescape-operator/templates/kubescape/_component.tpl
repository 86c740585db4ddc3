{{- define "kso.component.kubescape" -}}
{{- $v := .root.Values.kubescape -}}
key: kubescape
component: kubescape
args: [kubescape]
metrics: true
token: true
credentials: true
redis: KSO_SCANNER
floor: 256
# It owns the store of posture results.
strategy: Recreate
ports:
  http: 8080
services:
  - name: {{ $v.name }}
    type: {{ $v.service.type }}
    annotations: {{ $v.service.annotations | default dict | toJson }}
    ports:
      - {name: http, port: {{ $v.service.port }}, targetPort: http}
data:
  {{- include "kso.data" (dict "root" .root "key" "kubescape" "claim" "kubescape-results") | nindent 2 }}
env:
  KSO_SCANNER_HOST: 0.0.0.0
  KSO_SCANNER_DATA_DIR: /var/lib/kso
  KSO_SCANNER_CLUSTER_NAME: {{ .settings.clusterName | quote }}
  KSO_SCANNER_CONTINUOUS_ENABLED: {{ eq (get .settings.capabilities "continuousScan" | default "disable") "enable" | quote }}
  KSO_SCANNER_POLICY_FROM_OBJECTS: {{ has "riskAcceptance" .settings.features | quote }}
  {{- include "kso.policyEnv" (list .root "KSO_SCANNER") | nindent 2 }}
  {{- if .settings.includeNamespaces }}
  KSO_SCANNER_INCLUDE_NAMESPACES: {{ join "," .settings.includeNamespaces | quote }}
  {{- else }}
  KSO_SCANNER_EXCLUDE_NAMESPACES: {{ join "," .settings.excludeNamespaces | quote }}
  {{- end }}
  {{- if has "kubevuln" .settings.components }}
  KSO_SCANNER_KUBEVULN_URL: {{ printf "http://%s:%v" .root.Values.kubevuln.name .root.Values.kubevuln.service.port }}
  {{- end }}
  {{- with .settings.reportUrl }}
  KSO_SCANNER_REPORT_URL: {{ . }}
  {{- else }}
  KSO_SCANNER_REPORT_SUBMIT: "false"
  {{- end }}
  {{- if .settings.credentialsSecret }}
  KSO_SCANNER_REPORT_ACCESS_KEY_FILE: /etc/credentials/accessKey
  {{- end }}
mounts:
  {{- include "kso.policyMounts" .root | nindent 2 }}
volumes:
  {{- include "kso.policyVolumes" .root | nindent 2 }}
secretEnv:
  {{- if .settings.credentialsSecret }}
  - {name: KSO_SCANNER_REPORT_ACCOUNT, secret: {{ .settings.credentialsSecret | quote }}, key: account}
  {{- end }}
  {{- include "kso.cloudProviderEnv" .root | nindent 2 }}
{{- end -}}

{{/* Facts about the cloud, from the user's Secret, else from ours: never as text in a pod. */}}
{{- define "kso.cloudProviderEnv" -}}
{{- $cloud := .Values.cloudProviderMetadata | default dict -}}
{{- $ref := $cloud.secretRef | default dict -}}
{{- range $name, $keys := include "kso.cloudProviderKeys" . | fromYaml -}}
{{- $theirs := get $ref $keys.ref -}}
{{- if and $ref.name $theirs }}
- {name: {{ $name }}, secret: {{ $ref.name | quote }}, key: {{ $theirs | quote }}}
{{- else if get $cloud $keys.value }}
- {name: {{ $name }}, secret: cloud-provider-metadata, key: {{ $keys.value }}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "kso.cloudProviderKeys" -}}
KS_CLOUD_REGION: {value: cloudRegion, ref: cloudRegionKey}
KS_GKE_PROJECT: {value: gkeProject, ref: gkeProjectKey}
AZURE_SUBSCRIPTION_ID: {value: aksSubscriptionID, ref: subscriptionIdKey}
AZURE_RESOURCE_GROUP: {value: aksResourceGroup, ref: resourceGroupKey}
AZURE_TENANT_ID: {value: aksTenantID, ref: tenantIdKey}
AZURE_CLIENT_ID: {value: aksClientID, ref: clientIdKey}
AZURE_CLIENT_SECRET: {value: aksClientSecret, ref: clientSecretKey}
{{- end -}}
