{{- define "kso.component.kubevuln" -}}
{{- $v := .root.Values.kubevuln -}}
key: kubevuln
component: kubevuln
args: [kubevuln]
engines: true
metrics: true
token: {{ not (empty (include "kso.kubevulnAsksApi" .settings)) }}
credentials: true
redis: KSO_KUBEVULN
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
  {{- if $v.config.vulnerabilityMetrics }}
  KSO_KUBEVULN_VULNERABILITY_METRICS_ENABLED: "true"
  {{- end }}
  {{- with $v.config.maxSBOMSize }}
  KSO_KUBEVULN_MAX_SBOM_SIZE: {{ . | int64 | quote }}
  {{- end }}
  {{- with $v.config.plainHttpRegistries }}
  KSO_KUBEVULN_PLAIN_HTTP_REGISTRIES: {{ join "," . | quote }}
  {{- end }}
  KSO_KUBEVULN_CREDENTIALS_PULL_SECRETS: {{ has "pullSecrets" .settings.features | quote }}
  KSO_KUBEVULN_CREDENTIALS_CLOUD_IDENTITY: {{ .root.Values.imageScanning.cloudIdentity.enabled | quote }}
  KSO_KUBEVULN_CREDENTIALS_REGISTRY_SECRETS: {{ not (empty .settings.loginSecrets) | quote }}
  {{- if has "workers" .settings.features }}
  KSO_KUBEVULN_WORKERS_ENABLED: "true"
  KSO_KUBEVULN_WORKERS_ACCESS_ACCOUNTS: {{ printf "%s/%s" .root.Release.Namespace (include "kso.serviceAccountName" (dict "root" .root "c" (dict "key" "kubevulnWorker" "component" "kubevuln-worker"))) | quote }}
  KSO_KUBEVULN_WORKERS_IN_FLIGHT: {{ include "kso.workersInFlight" .root | quote }}
  {{- end }}
  {{- with .settings.loginSecrets }}
  KSO_KUBEVULN_CREDENTIALS_SECRET_NAMES: {{ join "," . | quote }}
  {{- end }}
  {{- with .settings.reportUrl }}
  KSO_KUBEVULN_REPORT_URL: {{ . }}
  {{- end }}
mounts:
  - {name: scratch, mountPath: /var/lib/kso/scratch}
volumes:
  {{- if and .settings.persistence $v.tmpDirPersistence.enabled }}
  - {name: scratch, persistentVolumeClaim: {claimName: kubevuln-scratch}}
  {{- else }}
  - {name: scratch, emptyDir: {sizeLimit: {{ include "kso.quantity" (dig "resources" "limits" "ephemeral-storage" "10Gi" $v) | quote }}}}
  {{- end }}
{{- end -}}

{{/* "true" when it asks the API server for anything. In: settings. */}}
{{- define "kso.kubevulnAsksApi" -}}
{{- if or (has "pullSecrets" .features) (has "riskAcceptance" .features) (has "workers" .features) .loginSecrets -}}true{{- end -}}
{{- end -}}

{{/*
Scans that it follows at once: as many as its workers and itself can work on, since an order that waits uses up the time of its scan.
1024 is the most that it takes. In: root.
*/}}
{{- define "kso.workersInFlight" -}}
{{- $v := .Values.kubevulnWorker -}}
{{- $own := dig "config" "scanConcurrency" 1 .Values.kubevuln | int -}}
{{- add (mul (int $v.replicaCount) (int $v.scanConcurrency)) $own | min 1024 -}}
{{- end -}}
