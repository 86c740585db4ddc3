{{- define "kso.component.suite" -}}
{{- $v := .root.Values -}}
key: suite
component: suite
args: [suite]
engines: true
metrics: true
token: true
credentials: true
floor: 512
strategy: Recreate
tmpSize: 1Gi
ports:
  {{- if not .settings.backend }}
  endpoint: 8090
  {{- end }}
  websocket: 8001
  gateway-http: 8002
  trigger-port: 4002
  kubescape: 8080
  kubevuln: 8081
services:
  - name: {{ $v.operator.name }}
    type: {{ $v.operator.service.type }}
    ports:
      - {name: trigger-port, port: {{ $v.operator.service.port }}, targetPort: trigger-port}
  - name: {{ $v.gateway.name }}
    type: {{ $v.gateway.websocketService.type }}
    ports:
      - {name: websocket, port: {{ $v.gateway.websocketService.port }}, targetPort: websocket}
      - {name: http, port: {{ $v.gateway.httpService.port }}, targetPort: gateway-http}
  - name: {{ $v.kubescape.name }}
    type: {{ $v.kubescape.service.type }}
    ports:
      - {name: http, port: {{ $v.kubescape.service.port }}, targetPort: kubescape}
  - name: {{ $v.kubevuln.name }}
    type: {{ $v.kubevuln.service.type }}
    ports:
      - {name: http, port: {{ $v.kubevuln.service.port }}, targetPort: kubevuln}
  {{- if not .settings.backend }}
  - name: {{ $v.cloudEndpoint.name }}
    type: {{ $v.cloudEndpoint.service.type }}
    annotations: {{ $v.cloudEndpoint.service.annotations | default dict | toJson }}
    ports:
      - {name: http, port: {{ $v.cloudEndpoint.service.port }}, targetPort: endpoint}
  {{- end }}
data:
  {{- include "kso.data" (dict "root" .root "key" "suite" "claim" "kubescape-suite") | nindent 2 }}
env:
  KSO_SUITE_HOST: 0.0.0.0
  KSO_SUITE_DATA_DIR: /var/lib/kso
  KSO_SUITE_CLUSTER_NAME: {{ .settings.clusterName | quote }}
  KSO_SUITE_ACCESS_KEY_FILE: /etc/credentials/accessKey
  {{- if .settings.backend }}
  KSO_SUITE_BACKEND_URL: {{ printf "https://%s" .settings.server }}
  {{- if .settings.isReceiverKnown }}
  KSO_SUITE_BACKEND_REPORT_URL: {{ .settings.reportUrl }}
  {{- end }}
  {{- with .settings.masterGateway }}
  KSO_SUITE_BACKEND_GATEWAY_URL: {{ . }}
  {{- end }}
  {{- end }}
  KSO_SUITE_POLICY_FROM_OBJECTS: {{ has "riskAcceptance" .settings.features | quote }}
  {{- include "kso.policyEnv" (list .root "KSO_SUITE") | nindent 2 }}
  KSO_SUITE_IMAGES_CONCURRENCY: {{ dig "config" "scanConcurrency" 1 $v.kubevuln | quote }}
  {{- with include "kso.listingUrl" .root }}
  KSO_SUITE_IMAGES_DATABASE_URL: {{ . | quote }}
  {{- end }}
  {{- with $v.kubevuln.config.plainHttpRegistries }}
  KSO_SUITE_IMAGES_PLAIN_HTTP_REGISTRIES: {{ join "," . | quote }}
  {{- end }}
  {{- if has "scanEmbeddedSBOMs" .settings.features }}
  KSO_SUITE_IMAGES_EMBEDDED_SBOMS: "true"
  {{- end }}
  {{- if $v.kubevuln.config.vulnerabilityMetrics }}
  KSO_SUITE_IMAGES_VULNERABILITY_METRICS_ENABLED: "true"
  {{- end }}
  {{- with $v.kubevuln.config.proxyRegistryMap }}
  KSO_SUITE_IMAGES_PROXY_REGISTRY_MAP: {{ toJson . | quote }}
  {{- end }}
  KSO_SUITE_IMAGES_PULL_SECRETS: {{ has "pullSecrets" .settings.features | quote }}
  KSO_SUITE_IMAGES_REGISTRY_SECRETS: {{ not (empty .settings.loginSecrets) | quote }}
  {{- with .settings.loginSecrets }}
  KSO_SUITE_IMAGES_REGISTRY_SECRET_NAMES: {{ join "," . | quote }}
  {{- end }}
  KSO_SUITE_IMAGES_CLOUD_IDENTITY: {{ $v.imageScanning.cloudIdentity.enabled | quote }}
  # The CronJobs ask for recurring scans in this profile too.
  KSO_SUITE_SCHEDULE_ENABLED: "false"
mounts:
  {{- include "kso.policyMounts" .root | nindent 2 }}
volumes:
  {{- include "kso.policyVolumes" .root | nindent 2 }}
secretEnv:
  - {name: KSO_SUITE_ACCOUNT, secret: {{ .settings.credentialsSecret | quote }}, key: account}
  {{- include "kso.cloudProviderEnv" .root | nindent 2 }}
{{- end -}}
