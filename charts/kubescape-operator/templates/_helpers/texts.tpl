{{/*
Makes text of what stands in maps of texts (labels, annotations, selectors): --set and YAML make numbers and switches of `1` and `true`, which the
API server takes nowhere there. For `kso.completeValues`; the maps are listed in files/compat.yaml. Writes nothing.
*/}}
{{- define "kso.applyTexts" -}}
{{- $values := .Values.AsMap -}}
{{- range (.Files.Get "files/compat.yaml" | fromYaml).texts -}}
{{- $path := splitList "." . -}}
{{- $parent := $values -}}
{{- range initial $path -}}{{- $parent = ternary (get $parent .) dict (kindIs "map" (get $parent .)) -}}{{- end -}}
{{- $map := get $parent (last $path) -}}
{{- if kindIs "map" $map -}}
{{- range $key, $value := $map -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $map $key (include "kso.quantity" $value) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
