{{- define "kso.component.operator" -}}
{{- $v := .root.Values.operator -}}
key: operator
component: operator
args: [operator]
metrics: true
token: true
gatewayToken: true
credentials: true
redis: KSO_OPERATOR
floor: 128
ports:
  trigger-port: {{ $v.service.targetPort }}
services:
  - name: {{ $v.name }}
    type: {{ $v.service.type }}
    annotations: {{ $v.service.annotations | default dict | toJson }}
    ports:
      - {name: trigger-port, port: {{ $v.service.port }}, targetPort: trigger-port}
data:
  {{- include "kso.data" (dict "root" .root "key" "operator" "claim" "kubescape-operator-data") | nindent 2 }}
cloudConfig:
  {{ .root.Values.global.cloudConfig }}: {clusterData: clusterData.json, services: services.json}
  ks-capabilities: {capabilities: capabilities.json}
  operator: {config.json: config.json}
  {{ .root.Values.continuousScanning.configMapName }}: {matchingRules.json: matchingRules.json}
checksums:
  {{ .root.Values.global.cloudConfig }}: kso.config.clusterData
  ks-capabilities: kso.config.capabilities
  operator: kso.config.operator
  {{ .root.Values.continuousScanning.configMapName }}: kso.config.matchingRules
env:
  KSO_OPERATOR_HOST: 0.0.0.0
  KSO_OPERATOR_PORT: {{ $v.service.targetPort | quote }}
  KSO_OPERATOR_DATA_DIR: /var/lib/kso
  CONFIG: /etc/config/clusterData.json
  {{- if has "operatorAuth" .settings.features }}
  KSO_OPERATOR_ACCESS_ACCOUNTS: {{ printf "%s/*" .root.Release.Namespace | quote }}
  {{- end }}
  {{- if has "gatewayAuth" .settings.features }}
  KSO_OPERATOR_GATEWAY_TOKEN_FILE: {{ include "kso.tokenFile" . }}
  {{- end }}
  {{- if has "kubescape" .settings.components }}
  KSO_OPERATOR_FIRST_SCAN: "true"
  {{- end }}
  {{- if has "newImages" .settings.features }}
  KSO_OPERATOR_NEW_IMAGES_ENABLED: "true"
  KSO_OPERATOR_NEW_IMAGES_AT_START: {{ dig "newImages" "atStart" "unasked" $v }}
  {{- end }}
  KSO_OPERATOR_DISPATCH_MODE: {{ dig "dispatch" "mode" "queue" $v }}
  {{- with .settings.reportUrl }}
  KSO_OPERATOR_REPORTS_URL: {{ . }}
  {{- end }}
{{- end -}}
