{{- define "kso.component.cloud-endpoint" -}}
{{- $v := .root.Values.cloudEndpoint -}}
key: cloudEndpoint
component: cloud-endpoint
args: [cloud-endpoint]
metrics: true
credentials: true
gatewayToken: true
floor: 128
# One owner of the database.
strategy: Recreate
ports:
  http: {{ $v.service.targetPort }}
services:
  - name: {{ $v.name }}
    type: {{ $v.service.type }}
    annotations: {{ $v.service.annotations | default dict | toJson }}
    ports:
      - {name: http, port: {{ $v.service.port }}, targetPort: http}
data:
  {{- include "kso.data" (dict "root" .root "key" "cloudEndpoint" "claim" "kubescape-cloud-endpoint") | nindent 2 }}
env:
  KSO_CLOUD_ENDPOINT_HOST: 0.0.0.0
  KSO_CLOUD_ENDPOINT_PORT: {{ $v.service.targetPort | quote }}
  KSO_CLOUD_ENDPOINT_DATA_DIR: /var/lib/kso
  KSO_CLOUD_ENDPOINT_ACCESS_KEY_FILE: /etc/credentials/accessKey
  KSO_CLOUD_ENDPOINT_RETENTION_HISTORY: {{ dig "retention" "history" "2160h" $v }}
  KSO_CLOUD_ENDPOINT_RETENTION_RECEIPTS: {{ dig "retention" "receipts" "720h" $v }}
  {{- if has "gateway" .settings.components }}
  KSO_CLOUD_ENDPOINT_GATEWAY_URL: {{ printf "ws://%s:%v" .root.Values.gateway.name .root.Values.gateway.websocketService.port }}
  KSO_CLOUD_ENDPOINT_COMMANDS_GATEWAY_URL: {{ printf "http://%s:%v" .root.Values.gateway.name .root.Values.gateway.httpService.port }}
  {{- if has "gatewayAuth" .settings.features }}
  KSO_CLOUD_ENDPOINT_COMMANDS_TOKEN_FILE: {{ include "kso.tokenFile" . }}
  {{- end }}
  {{- end }}
secretEnv:
  - {name: KSO_CLOUD_ENDPOINT_ACCOUNT, secret: {{ .settings.credentialsSecret | quote }}, key: account}
{{- end -}}
