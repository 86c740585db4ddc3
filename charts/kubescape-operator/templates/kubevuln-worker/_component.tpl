{{/* Engines for kubevuln's jobs. It keeps nothing: SBOMs and matches go to the owner over HTTP (DESIGN: one owner knows all packages). */}}
{{- define "kso.component.kubevuln-worker" -}}
{{- $v := .root.Values.kubevulnWorker -}}
key: kubevulnWorker
component: kubevuln-worker
args: [kubevuln-worker]
engines: true
metrics: true
scalable: true
redis: KSO_KUBEVULN_WORKER
floor: 512
env:
  KSO_KUBEVULN_WORKER_HOST: 0.0.0.0
  KSO_KUBEVULN_WORKER_OWNER_URL: {{ printf "http://%s:%v" .root.Values.kubevuln.name .root.Values.kubevuln.service.port }}
  KSO_KUBEVULN_WORKER_DATA_DIR: /var/lib/kso
  KSO_KUBEVULN_WORKER_SCAN_CONCURRENCY: {{ $v.scanConcurrency | quote }}
  {{- with .root.Values.kubevuln.config.plainHttpRegistries }}
  KSO_KUBEVULN_WORKER_PLAIN_HTTP_REGISTRIES: {{ join "," . | quote }}
  {{- end }}
mounts:
  - {name: scratch, mountPath: /var/lib/kso}
volumes:
  - {name: scratch, emptyDir: {sizeLimit: {{ dig "resources" "limits" "ephemeral-storage" "10Gi" $v }}}}
{{- end -}}
