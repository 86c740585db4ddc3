{{/* Up to six of a list, and how many more. */}}
{{- define "kso.some" -}}
{{- join ", " (slice . 0 (min 6 (len .) | int)) }}{{ if gt (len .) 6 }} and {{ sub (len .) 6 }} more{{ end -}}
{{- end -}}

{{/*
What is to be said about keys that the user gave and that have another name, belong to a part that comes later, or have no effect: a YAML list of
texts. The keys are in files/compat.yaml, which is generated from charts/values.
*/}}
{{- define "kso.compatNotes" -}}
{{- $values := .Values.AsMap -}}
{{- $renamed := list -}}
{{- $later := dict -}}
{{- $unused := dict -}}
{{- range (.Files.Get "files/compat.yaml" | fromYaml).keys -}}
{{- $given := include "kso.given" (dict "values" $values "entry" .) -}}
{{- if and $given (has .kind (list "alias" "deprecated")) -}}
{{- $renamed = append $renamed (printf "%s is now %s" .key .to) -}}
{{- else if and $given (eq .kind "pending") -}}
{{- $part := first (splitList "." .key) -}}
{{- $_ := set $later $part (append (get $later $part | default list) .key) -}}
{{- else if $given -}}
{{- $_ := set $unused .note (append (get $unused .note | default list) .key) -}}
{{- end -}}
{{- end -}}
{{- $notes := list -}}
{{- if $renamed -}}{{- $notes = append $notes (printf "former names, still taken: %s" (include "kso.some" $renamed)) -}}{{- end -}}
{{- range $part, $keys := $later -}}
{{- $notes = append $notes (printf "without effect in this version: %s" (include "kso.some" $keys)) -}}
{{- end -}}
{{- range $note, $keys := $unused -}}
{{- $notes = append $notes (printf "without effect: %s (%s)" (include "kso.some" $keys) $note) -}}
{{- end -}}
{{- toYaml $notes -}}
{{- end -}}

{{/* "true" when the values hold the key of a compat entry, with another value than those of former charts' files. In: dict values, entry. */}}
{{- define "kso.given" -}}
{{- $node := get (include "kso.valueAt" (dict "values" .values "key" .entry.key) | fromYaml) "value" -}}
{{- $former := list "null" "\"\"" -}}
{{- range .entry.former -}}{{- $former = append $former (toJson .) -}}{{- end -}}
{{- if not (has (toJson $node) $former) -}}true{{- end -}}
{{- end -}}

{{/*
Moves values under former names to their successors, for `kso.completeValues`: what reads `.Values` afterwards needs to know the new names only. A
successor that has another value than its default wins. Writes nothing.
*/}}
{{- define "kso.applyAliases" -}}
{{- $values := .Values.AsMap -}}
{{- range (.Files.Get "files/compat.yaml" | fromYaml).aliases -}}
{{- $given := include "kso.valueAt" (dict "values" $values "key" .from) | fromYaml -}}
{{- $current := include "kso.valueAt" (dict "values" $values "key" .to) | fromYaml -}}
{{- /* A switch that is off is a value, too. */ -}}
{{- if and (or $given.value (and (not .as) (eq (toJson $given.value) "false"))) (has (toJson $current.value) (list "null" (toJson .default))) -}}
{{- $path := splitList "." .to -}}
{{- $parent := $values -}}
{{- range initial $path -}}
{{- if not (kindIs "map" (get $parent .)) -}}{{- $_ := set $parent . dict -}}{{- end -}}
{{- $parent = get $parent . -}}
{{- end -}}
{{- $_ := set $parent (last $path) (.as | default $given.value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The value at a path, as YAML: value. In: dict values, key. */}}
{{- define "kso.valueAt" -}}
{{- $node := .values -}}
{{- range splitList "." .key -}}
{{- $node = ternary (get (ternary $node dict (kindIs "map" $node)) .) nil (kindIs "map" $node) -}}
{{- end -}}
{{- dict "value" $node | toJson -}}
{{- end -}}
