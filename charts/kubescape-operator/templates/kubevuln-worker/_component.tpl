{{/* Engines for kubevuln. It keeps nothing: orders come from the owner, and SBOMs go to it over HTTP (docs/adr/0012-workers-of-image-scans.md). */}}
{{- define "kso.component.kubevuln-worker" -}}
{{- $v := .root.Values.kubevulnWorker -}}
key: kubevulnWorker
component: kubevuln-worker
args: [kubevuln-worker]
engines: true
metrics: true
scalable: true
kubevulnToken: true
redis: KSO_KUBEVULN_WORKER
floor: 512
env:
  KSO_KUBEVULN_WORKER_HOST: 0.0.0.0
  KSO_KUBEVULN_WORKER_OWNER: {{ printf "http://%s:%v" .root.Values.kubevuln.name .root.Values.kubevuln.service.port }}
  KSO_KUBEVULN_WORKER_TOKEN_FILE: {{ include "kso.tokenFile" . }}
  KSO_KUBEVULN_WORKER_DATA_DIR: /var/lib/kso
  KSO_KUBEVULN_WORKER_SCAN_CONCURRENCY: {{ $v.scanConcurrency | quote }}
  {{- if has "scanEmbeddedSBOMs" .settings.features }}
  KSO_KUBEVULN_WORKER_EMBEDDED_SBOMS: "true"
  {{- end }}
  {{- with include "kso.workerEngineMemory" .root }}
  KSO_KUBEVULN_WORKER_ENGINE_MEMORY: {{ . }}
  {{- end }}
mounts:
  - {name: scratch, mountPath: /var/lib/kso}
volumes:
  - {name: scratch, emptyDir: {sizeLimit: {{ include "kso.quantity" (dig "resources" "limits" "ephemeral-storage" "10Gi" $v) | quote }}}}
{{- end -}}

{{/* What one engine may take: the memory limit without what the worker itself needs, shared among those that run at once. In: root. */}}
{{- define "kso.workerEngineMemory" -}}
{{- $v := .Values.kubevulnWorker -}}
{{- $resources := include "kso.resources" (dict "values" $v "floor" 512) | fromYaml -}}
{{- with ($resources.limits | default dict).memory -}}
{{- printf "%dMi" (div (sub (include "kso.mebibytes" . | int) 256) (int $v.scanConcurrency)) -}}
{{- end -}}
{{- end -}}
