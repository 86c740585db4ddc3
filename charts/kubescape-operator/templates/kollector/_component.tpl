{{- define "kso.component.kollector" -}}
{{- $v := .root.Values.kollector -}}
{{- $operator := .root.Values.operator -}}
key: kollector
component: kollector
args: [kollector]
metrics: true
token: true
operatorToken: true
credentials: true
floor: 128
{{- if include "kso.kollectorElects" .root }}
# The one that has the Lease works; each remembers for itself what it asked for.
scalable: true
data:
  path: /var/lib/kso
  size: {{ include "kso.quantity" ($v.persistence.size | default "1Gi") | quote }}
{{- else }}
# Two of them would ask for each new image twice.
strategy: Recreate
data:
  {{- include "kso.data" (dict "root" .root "key" "kollector" "claim" "kubescape-kollector") | nindent 2 }}
{{- end }}
cloudConfig:
  {{ .root.Values.global.cloudConfig }}: {clusterData: clusterData.json, services: services.json}
checksums:
  {{ .root.Values.global.cloudConfig }}: kso.config.clusterData
env:
  CONFIG: /etc/config/clusterData.json
  {{- /* A backend's address of reports is in those files. */}}
  {{- if has "cloud-endpoint" .settings.components }}
  KSO_KOLLECTOR_EVENT_RECEIVER_URL: {{ regexReplaceAll "^http" .settings.endpointUrl "ws" }}
  {{- end }}
  {{- with .settings.includeNamespaces }}
  KSO_KOLLECTOR_REPORT_NAMESPACES: {{ join "," . | quote }}
  {{- end }}
  {{- if include "kso.kollectorElects" .root }}
  KSO_KOLLECTOR_LEASE_ENABLED: "true"
  {{- end }}
  KSO_KOLLECTOR_CLOUD_METADATA: {{ not (empty (include "kso.asksMetadata" .root)) | quote }}
  KSO_KOLLECTOR_HOST: 0.0.0.0
  KSO_KOLLECTOR_DATA_DIR: /var/lib/kso
  KSO_KOLLECTOR_CLUSTER_NAME: {{ .settings.clusterName | quote }}
  {{- /* Not through the gateway: only the operator's answer means that a command is safe (docs/reference/kollector.md). */}}
  KSO_KOLLECTOR_OPERATOR_URL: {{ printf "http://%s:%v" $operator.name $operator.service.port }}
  {{- if has "operatorAuth" .settings.features }}
  KSO_KOLLECTOR_OPERATOR_TOKEN_FILE: {{ include "kso.tokenFile" . }}
  {{- end }}
  KSO_KOLLECTOR_TRIGGER_NEW_IMAGE_SCAN: {{ ternary "true" "false" (not (empty (include "kso.on" .root.Values.triggerNewImageScan))) | quote }}
  KSO_KOLLECTOR_AT_START: {{ $v.atStart | default "unasked" }}
  {{- if .settings.includeNamespaces }}
  KSO_KOLLECTOR_INCLUDE_NAMESPACES: {{ join "," .settings.includeNamespaces | quote }}
  {{- else }}
  KSO_KOLLECTOR_EXCLUDE_NAMESPACES: {{ join "," .settings.excludeNamespaces | quote }}
  {{- end }}
{{- end -}}

{{/* "true" with more pods than one that elect a leader. In: root. */}}
{{- define "kso.kollectorElects" -}}
{{- $v := include "kso.values" . | fromJson -}}
{{- if and (gt (dig "kollector" "replicaCount" 1 $v | int) 1) (dig "leaderElection" "enabled" true $v) -}}true{{- end -}}
{{- end -}}
