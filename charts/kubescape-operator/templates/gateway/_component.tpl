{{- define "kso.component.gateway" -}}
{{- $v := .root.Values.gateway -}}
key: gateway
component: gateway
args: [gateway]
metrics: true
# Whose tokens it is shown it asks the API server.
token: {{ has "gatewayAuth" .settings.features }}
# The key for a master, and what clients without a token show.
credentials: {{ or .settings.backend (has "gatewayAuth" .settings.features) }}
floor: 128
ports:
  websocket: {{ $v.websocketService.targetPort }}
  http: {{ $v.httpService.targetPort }}
services:
  - name: {{ $v.name }}
    # Both ports belong to one Service: the type that was changed counts.
    type: {{ ternary $v.httpService.type $v.websocketService.type (eq $v.websocketService.type "ClusterIP") }}
    annotations: {{ merge (deepCopy ($v.websocketService.annotations | default dict)) ($v.httpService.annotations | default dict) | toJson }}
    ports:
      - {name: websocket, port: {{ $v.websocketService.port }}, targetPort: websocket}
      - {name: http, port: {{ $v.httpService.port }}, targetPort: http}
{{- if .settings.backend }}
cloudConfig:
  {{ .root.Values.global.cloudConfig }}: {clusterData: clusterData.json, services: services.json}
checksums:
  {{ .root.Values.global.cloudConfig }}: kso.config.clusterData
{{- end }}
env:
  KSO_GATEWAY_HOST: 0.0.0.0
  WEBSOCKET_PORT: {{ $v.websocketService.targetPort | quote }}
  HTTP_PORT: {{ $v.httpService.targetPort | quote }}
  {{- if has "gatewayAuth" .settings.features }}
  KSO_GATEWAY_ACCESS_ACCOUNTS: {{ printf "%s/*" .root.Release.Namespace | quote }}
  {{- if .settings.credentialsSecret }}
  KSO_GATEWAY_CLIENT_KEY_FILE: /etc/credentials/accessKey
  {{- end }}
  {{- end }}
  {{- if .settings.backend }}
  CONFIG: /etc/config/clusterData.json
  SERVICES: /etc/config/services.json
  {{- end }}
{{- end -}}
