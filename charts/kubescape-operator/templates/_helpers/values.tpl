{{/*
The values without keys that are null, as JSON: `dig` cannot look below a null, and files of the former charts are full of keys without a value.
*/}}
{{- define "kso.values" -}}
{{- include "kso.completeValues" . -}}
{{- $json := toJson .Values -}}
{{- $json = regexReplaceAll `,"[^"\\]*":null` $json "" -}}
{{- regexReplaceAll `"[^"\\]*":null,?` $json "" -}}
{{- end -}}

{{/*
Makes `.Values` what all templates may read without looking twice, once for a render: every group of keys is there, former names are moved, and
maps of texts hold texts. Whatever is rendered calls this (through `kso.settings`) before it reads `.Values`. Writes nothing.
*/}}
{{- define "kso.completeValues" -}}
{{- if not (hasKey .Values "completed") -}}
{{- $_ := set .Values "completed" true -}}
{{- include "kso.restoreBlocks" (dict "values" .Values.AsMap "blocks" (.Files.Get "files/blocks.yaml" | fromYaml)) -}}
{{- include "kso.applyAliases" . -}}
{{- include "kso.applyTexts" . -}}
{{- end -}}
{{- end -}}

{{/*
A group of keys that is null, as when all lines below it are commented out, gets its defaults again. In: dict values, blocks (charts/values/emit/blocks.ts).
*/}}
{{- define "kso.restoreBlocks" -}}
{{- range $name, $block := .blocks -}}
{{- if not (kindIs "map" (get $.values $name)) -}}{{- $_ := set $.values $name (deepCopy $block.values) -}}{{- end -}}
{{- include "kso.restoreBlocks" (dict "values" (get $.values $name) "blocks" $block.blocks) -}}
{{- end -}}
{{- end -}}
