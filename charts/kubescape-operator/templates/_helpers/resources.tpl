{{/* A quantity as text: numbers of bytes as they were written, not as 1.073741824e+09. */}}
{{- define "kso.quantity" -}}
{{- if kindIs "float64" . -}}{{- ternary (. | int64 | toString) (. | toString) (eq (floor .) .) -}}{{- else -}}{{- . -}}{{- end -}}
{{- end -}}

{{/* A quantity of memory in whole MiB, rounded down. */}}
{{- define "kso.mebibytes" -}}
{{- $text := include "kso.quantity" . -}}
{{- $number := regexFind "^[0-9]+(\\.[0-9]+)?" $text | float64 -}}
{{- $unit := regexReplaceAll "^[0-9.]+" $text "" -}}
{{- $bytes := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- if not (hasKey $bytes $unit) -}}{{- fail (printf "%q is no quantity of memory" $text) -}}{{- end -}}
{{- divf (mulf $number (get $bytes $unit)) 1048576.0 | floor | int -}}
{{- end -}}

{{/*
Requests and limits of one of our own containers. In: dict values (of the component), floor (MiB). Node.js needs more than the Go programs that
upstream's limits (10Mi, 50Mi) were made for: a smaller limit in a copied file is raised to the floor, or the container could not start.
*/}}
{{- define "kso.resources" -}}
{{- $resources := deepCopy (.values.resources | default dict) -}}
{{- range $part := list "requests" "limits" -}}
{{- $list := get $resources $part | default dict -}}
{{- range $name := list "memory" "ephemeral-storage" -}}
{{- with get $list $name -}}{{- $_ := set $list $name (include "kso.quantity" .) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $limits := $resources.limits | default dict -}}
{{- if $limits.memory -}}
{{- if lt (include "kso.mebibytes" $limits.memory | int) (.floor | int) -}}
{{- $_ := set $resources "limits" (merge (dict "memory" (printf "%dMi" (.floor | int))) $limits) -}}
{{- end -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{/* MiB of V8's old space: a share of the memory limit (chart.md 19); empty without a limit. In: dict root, values, floor. */}}
{{- define "kso.oldSpace" -}}
{{- $resources := include "kso.resources" (dict "values" .values "floor" .floor) | fromYaml -}}
{{- with ($resources.limits | default dict).memory -}}
{{- $share := $.values.gomemlimitPercentage | default $.root.Values.global.maxOldSpacePercentage | default 0.75 -}}
{{- mulf (include "kso.mebibytes" . | float64) ($share | float64) | floor | int -}}
{{- end -}}
{{- end -}}
