{{/*
The values without keys that are null, as JSON: `dig` cannot look below a null, and files of the former charts are full of keys without a value.
*/}}
{{- define "kso.values" -}}
{{- include "kso.applyAliases" . -}}
{{- $json := toJson .Values -}}
{{- $json = regexReplaceAll `,"[^"\\]*":null` $json "" -}}
{{- regexReplaceAll `"[^"\\]*":null,?` $json "" -}}
{{- end -}}
