{{/*
The time of a recurring scan (chart.md 8.3). In: dict root, job (name of the CronJob), schedule, sentinels, timeZone.
`auto` and the sentinels mean a time derived from the names: the same on each render, different for each cluster and job, evenly spread.
A schedule with a time zone is always literal.
*/}}
{{- define "kso.schedule" -}}
{{- $asked := .schedule | default "auto" | toString | trim -}}
{{- if or (eq $asked "auto") (and (has $asked .sentinels) (not .timeZone)) -}}
{{- $seed := printf "%s/%s/%s/%s" (.root.Values.clusterName | default "cluster") .root.Release.Namespace .root.Release.Name .job -}}
{{- $digits := regexReplaceAll "[a-f]" (sha256sum $seed) "" -}}
{{- /* atoi reads decimal even with leading zeros, where int would read octal. */ -}}
{{- $n := printf "%s00000000" $digits | trunc 8 | atoi -}}
{{- printf "%d %d * * *" (mod $n 60) (mod (div $n 60) 24) -}}
{{- else -}}
{{- $asked -}}
{{- end -}}
{{- end -}}
