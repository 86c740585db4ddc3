{{/*
The folder a component keeps things in, for `data` of its description: on a PVC where its own switch and configurations.persistence say so,
else in an emptyDir of the same size. In: dict root, key, claim (name of the PVC), path, keep (more reasons for a PVC).
*/}}
{{- define "kso.data" -}}
{{- $p := (get .root.Values .key).persistence | default dict -}}
path: {{ .path | default "/var/lib/kso" }}
size: {{ include "kso.quantity" (.size | default $p.size | default "1Gi") | quote }}
storageClass: {{ $p.storageClass | default "" | quote }}
existing: {{ $p.existingClaim | default "" | quote }}
{{- if or $p.existingClaim $p.enabled .keep }}
claim: {{ $p.existingClaim | default .claim | quote }}
{{- end }}
{{- end -}}
