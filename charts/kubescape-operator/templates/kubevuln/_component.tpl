{{- define "kso.component.kubevuln" -}}
{{- $v := .root.Values.kubevuln -}}
key: kubevuln
component: kubevuln
args: [kubevuln]
engines: true
metrics: true
token: {{ has "riskAcceptance" .settings.features }}
credentials: true
redis: KSO_KUBEVULN
registryLogins: true
floor: 512
# It owns the store of SBOMs and findings.
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
  {{- include "kso.data" (dict "root" .root "key" "kubevuln" "claim" "kubescape-kubevuln" "size" ($v.persistence.size | default .root.Values.persistence.size.kubevuln) "keep" $v.config.grypeDbPersistence) | nindent 2 }}
cloudConfig:
  {{ .root.Values.global.cloudConfig }}: {clusterData: clusterData.json, services: services.json}
checksums:
  {{ .root.Values.global.cloudConfig }}: kso.config.clusterData
env:
  KSO_KUBEVULN_HOST: 0.0.0.0
  KSO_KUBEVULN_PORT: {{ $v.service.targetPort | quote }}
  KSO_KUBEVULN_DATA_DIR: /var/lib/kso
  CONFIG_DIR: /etc/config
  KSO_KUBEVULN_SCAN_CONCURRENCY: {{ dig "config" "scanConcurrency" 1 $v | quote }}
  {{- with $v.config.maxSBOMSize }}
  KSO_KUBEVULN_MAX_SBOM_SIZE: {{ . | int64 | quote }}
  {{- end }}
  {{- include "kso.registrySwitches" (list .root "KSO_KUBEVULN") | nindent 2 }}
  {{- with .settings.reportUrl }}
  KSO_KUBEVULN_REPORT_URL: {{ . }}
  {{- end }}
mounts:
  - {name: scratch, mountPath: /var/lib/kso/scratch}
volumes:
  {{- if and .settings.persistence $v.tmpDirPersistence.enabled }}
  - {name: scratch, persistentVolumeClaim: {claimName: kubevuln-scratch}}
  {{- else }}
  - {name: scratch, emptyDir: {sizeLimit: {{ dig "resources" "limits" "ephemeral-storage" "10Gi" $v }}}}
  {{- end }}
{{- end -}}

{{/* Registries that are spoken to without TLS, or without checking their certificate, as variables. In: list <root> <prefix>. */}}
{{- define "kso.registrySwitches" -}}
{{- $v := (index . 0).Values -}}
{{- $prefix := index . 1 -}}
{{- $plain := dig "config" "plainHttpRegistries" list $v.kubevuln | default list -}}
{{- $unchecked := list -}}
{{- range dig "imageScanning" "privateRegistries" "credentials" list (include "kso.values" (index . 0) | fromJson) | default list -}}
{{- if .insecure }}{{ $plain = append $plain .registry }}{{ end -}}
{{- if .skipTlsVerify }}{{ $unchecked = append $unchecked .registry }}{{ end -}}
{{- end -}}
{{- with $plain | uniq }}
{{ $prefix }}_PLAIN_HTTP_REGISTRIES: {{ join "," . | quote }}
{{- end }}
{{- with $unchecked | uniq }}
{{ $prefix }}_SKIP_TLS_VERIFY_REGISTRIES: {{ join "," . | quote }}
{{- end }}
{{- end -}}
