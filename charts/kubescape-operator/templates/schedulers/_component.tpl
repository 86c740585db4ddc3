{{/*
What a CronJob of recurring scans runs: one request to the operator. In: dict root, settings, component, key, tier, body (name of the ConfigMap).
CronJobs and the templates from which the operator makes more of them come from here, so they always agree (chart.md 8.4).
*/}}
{{- define "kso.trigger" -}}
{{- $operator := .root.Values.operator -}}
key: {{ .key }}
component: {{ .component }}
restart: Never
telemetry: false
# The program that posts takes 95 MiB.
floor: 128
labels:
  armo.tier: {{ .tier }}
args:
  - trigger
  - -method=post
  - -scheme=http
  - -host={{ $operator.name }}:{{ $operator.service.port }}
  - -path=v1/triggerAction
  - -headers=Content-Type:application/json
  - -path-body=/home/ks/request-body.json
  {{- if has "operatorAuth" .settings.features }}
  - -token-file={{ include "kso.tokenFile" . }}
  {{- end }}
operatorToken: true
mounts:
  - {name: request-body-volume, mountPath: /home/ks/request-body.json, subPath: request-body.json, readOnly: true}
volumes:
  - {name: request-body-volume, configMap: {name: {{ .body | quote }}, defaultMode: 420}}
{{- end -}}

{{- define "kso.component.kubescape-scheduler" -}}
{{- include "kso.trigger" (merge (dict "key" "kubescapeScheduler" "component" "kubescape-scheduler" "tier" "kubescape-scan" "body" .root.Values.kubescapeScheduler.name) .) -}}
{{- end -}}
{{- define "kso.component.kubevuln-scheduler" -}}
{{- include "kso.trigger" (merge (dict "key" "kubevulnScheduler" "component" "kubevuln-scheduler" "tier" "vuln-scan" "body" .root.Values.kubevulnScheduler.name) .) -}}
{{- end -}}
{{- define "kso.component.registry-scheduler" -}}
{{- include "kso.trigger" (merge (dict "key" "registryScanScheduler" "component" "registry-scheduler" "tier" "registry-scan" "body" .root.Values.registryScanScheduler.name) .) -}}
{{- end -}}

{{/* A CronJob. In: dict root, settings, component, sentinels. */}}
{{- define "kso.cronJob" -}}
{{- $c := include (printf "kso.component.%s" .component) (dict "root" .root "settings" .settings) | fromYaml -}}
{{- $v := get .root.Values $c.key -}}
{{- $context := dict "root" .root "settings" .settings "c" $c -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "kso.metadata" (list .root .component $v.name) | nindent 2 }}
spec:
  schedule: {{ include "kso.schedule" (dict "root" .root "job" $v.name "schedule" $v.scanSchedule "sentinels" .sentinels "timeZone" $v.timeZone) | quote }}
  timeZone: {{ $v.timeZone | default "Etc/UTC" }}
  suspend: {{ $v.suspend | default false }}
  concurrencyPolicy: {{ $v.concurrencyPolicy | default "Forbid" }}
  startingDeadlineSeconds: {{ $v.startingDeadlineSeconds | default 600 }}
  successfulJobsHistoryLimit: {{ $v.successfulJobsHistoryLimit }}
  failedJobsHistoryLimit: {{ $v.failedJobsHistoryLimit }}
  jobTemplate:
    metadata:
      labels:
        {{- include "kso.podLabels" (list .root .component) | nindent 8 }}
        armo.tier: {{ get $c.labels "armo.tier" }}
    spec:
      backoffLimit: {{ $v.backoffLimit }}
      activeDeadlineSeconds: {{ $v.activeDeadlineSeconds | default 300 }}
      ttlSecondsAfterFinished: {{ $v.ttlSecondsAfterFinished }}
      template:
        {{- include "kso.podTemplate" $context | nindent 8 }}
{{- end -}}

{{/* The commands that are posted; offline, scans stay local. In: dict root, settings, key. */}}
{{- define "kso.requestBody" -}}
{{- $commands := list -}}
{{- range ((get .root.Values .key).requestBody | default dict).commands | default list -}}
{{- $command := deepCopy . -}}
{{- if $.settings.offline -}}
{{- range $name, $args := $command -}}
{{- if and (eq (lower $name) "args") (kindIs "map" $args) (hasKey $args "scanV1") -}}
{{- $_ := set $command $name (mergeOverwrite $args (dict "scanV1" (mergeOverwrite ($args.scanV1 | default dict) (dict "keepLocal" true)))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $commands = append $commands $command -}}
{{- end -}}
{{- dict "commands" $commands | toJson -}}
{{- end -}}
