{{/*
All objects of one component, when it is on: workload, ServiceAccount, Services, PVC, ServiceMonitor. In: list <root> <component>.
What a component is stands in `kso.component.<component>` beside the template that includes this (see pod.tpl, and here):

  kind          Deployment (default) or StatefulSet
  strategy      Recreate or RollingUpdate (default); with a claim it is Recreate in any case
  services      list of name, type, annotations, ports (list of name, port, targetPort)
  data          folder that is kept: path, size, claim; storageClass, existing
  scalable      true: any number of pods share its work
*/}}
{{- define "kso.component" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $s := include "kso.settings" $root | fromYaml -}}
{{- if has $component $s.components -}}
{{- $c := include (printf "kso.component.%s" $component) (dict "root" $root "settings" $s) | fromYaml -}}
{{- with $c.Error -}}{{- fail (printf "component %s: %s" $component .) -}}{{- end -}}
{{- $context := dict "root" $root "settings" $s "c" $c -}}
{{- include "kso.workload" $context }}
{{- include "kso.serviceAccount" $context }}
{{- include "kso.services" $context }}
{{- include "kso.healthService" $context }}
{{- include "kso.claim" $context }}
{{- include "kso.disruptionBudget" $context }}
{{- include "kso.serviceMonitor" $context }}
{{- end -}}
{{- end -}}

{{- define "kso.workload" -}}
{{- $v := get .root.Values .c.key -}}
---
apiVersion: apps/v1
kind: {{ .c.kind | default "Deployment" }}
metadata:
  {{- include "kso.metadata" (list .root .c.component ($v.name | default .c.component)) | nindent 2 }}
spec:
  replicas: {{ include "kso.replicas" . }}
  revisionHistoryLimit: 2
  selector:
    matchLabels:
      {{- include "kso.selectorLabels" (list .root .c.component) | nindent 6 }}
  {{- if eq (.c.kind | default "Deployment") "StatefulSet" }}
  serviceName: {{ $v.name | default .c.component }}
  podManagementPolicy: OrderedReady
  updateStrategy:
    type: RollingUpdate
  {{- /* Two pods cannot share a volume. */}}
  {{- else if or (eq (.c.strategy | default "RollingUpdate") "Recreate") (and .settings.persistence (.c.data | default dict).claim) }}
  strategy:
    type: Recreate
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 25%
  {{- end }}
  template:
    {{- include "kso.podTemplate" . | nindent 4 }}
  {{- with .c.claimTemplates }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Pods of a component. What does not share its work has one at most (kso.warnings says so); none at all pauses it. */}}
{{- define "kso.replicas" -}}
{{- $given := (get .root.Values .c.key).replicaCount -}}
{{- $asked := ternary 1 (int $given) (kindIs "invalid" $given) -}}
{{- ternary $asked (min 1 $asked) (.c.scalable | default false) -}}
{{- end -}}

{{/* Where there is more than one pod, one at a time may be evicted. */}}
{{- define "kso.disruptionBudget" -}}
{{- $v := get .root.Values .c.key -}}
{{- if and (gt (include "kso.replicas" . | int) 1) (dig "podDisruptionBudget" "enabled" false $v) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "kso.metadata" (list .root .c.component ($v.name | default .c.component)) | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "kso.selectorLabels" (list .root .c.component) | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "kso.serviceAccount" -}}
{{- $v := get .root.Values .c.key -}}
{{- $account := $v.serviceAccount | default dict -}}
{{- if ne (get $account "create" | toString) "false" }}
{{- $annotations := include "kso.cloudIdentity" . | fromYaml }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "kso.metadata" (list .root .c.component (include "kso.serviceAccountName" .) (merge (deepCopy ($account.annotations | default dict)) $annotations)) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}
{{- end -}}

{{/* The cloud's identity of an account that talks to a cloud or its registry. */}}
{{- define "kso.cloudIdentity" -}}
{{- $cloud := .root.Values.cloudProviderMetadata | default dict -}}
{{- $identity := dict -}}
{{- if has .c.component (list "operator" "kubescape" "kubevuln" "kollector" "inventory" "suite" "grype-offline-db") -}}
{{- with $cloud.awsIamRoleArn | default (get (include "kso.values" .root | fromJson) "awsIamRoleArn") -}}{{- $_ := set $identity "eks.amazonaws.com/role-arn" . -}}{{- end -}}
{{- with $cloud.gkeServiceAccount -}}{{- $_ := set $identity "iam.gke.io/gcp-service-account" . -}}{{- end -}}
{{- with $cloud.azureWorkloadIdentityClientID -}}{{- $_ := set $identity "azure.workload.identity/client-id" . -}}{{- end -}}
{{- end -}}
{{- toYaml $identity -}}
{{- end -}}

{{- define "kso.services" -}}
{{- range .c.services | default list }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "kso.metadata" (list $.root $.c.component .name .annotations) | nindent 2 }}
spec:
  type: {{ .type | default "ClusterIP" }}
  {{- if .headless }}
  clusterIP: None
  {{- end }}
  {{- if $.settings.compact }}
  # One pod answers for all services; each port for itself, also while another part waits for something.
  publishNotReadyAddresses: true
  {{- end }}
  selector:
    {{- include "kso.selectorLabels" (list $.root $.c.component) | nindent 4 }}
  ports:
    {{- range .ports }}
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .targetPort }}
      protocol: TCP
    {{- end }}
{{- end }}
{{- end -}}

{{/* A claim outlives the release when persistence.keep says so. */}}
{{- define "kso.claim" -}}
{{- $data := .c.data | default dict -}}
{{- $p := .root.Values.persistence -}}
{{- if and .settings.persistence $data.claim (not $data.existing) (not $data.template) }}
{{- $annotations := deepCopy ($p.annotations | default dict) -}}
{{- if $p.keep -}}{{- $annotations = merge (dict "helm.sh/resource-policy" "keep") $annotations -}}{{- end }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "kso.metadata" (list .root .c.component $data.claim $annotations) | nindent 2 }}
spec:
  {{- include "kso.claimSpec" (dict "root" .root "size" $data.size "storageClass" $data.storageClass) | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "kso.claimSpec" -}}
{{- $p := .root.Values.persistence -}}
accessModes:
  {{- toYaml ($p.accessModes | default (list ($p.accessMode | default "ReadWriteOnce"))) | nindent 2 }}
{{- $class := .storageClass | default $p.storageClass | default "-" -}}
{{- if ne $class "-" }}
storageClassName: {{ $class | quote }}
{{- end }}
resources:
  requests:
    storage: {{ .size | quote }}
{{- end -}}

{{/*
Service `<name>-health`, for scrapes and for helm test: the port `health` of each pod, also of one that is not ready, as its metrics and its
answer say why.
*/}}
{{- define "kso.healthService" -}}
{{- $v := get .root.Values .c.key -}}
{{- if .c.metrics }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ printf "%s-health" ($v.name | default .c.component) }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- toYaml (merge (dict "kubescape.io/metrics" .c.component) (include "kso.labels" (list .root .c.component) | fromYaml)) | nindent 4 }}
  {{- with .root.Values.additionalAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: ClusterIP
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "kso.selectorLabels" (list .root .c.component) | nindent 4 }}
  ports:
    - name: health
      port: 8000
      targetPort: health
      protocol: TCP
{{- end }}
{{- end -}}

{{- define "kso.serviceMonitor" -}}
{{- $v := get .root.Values .c.key -}}
{{- $m := $v.serviceMonitor | default dict -}}
{{- if and .c.metrics (include "kso.on" ($m.enabled | default false)) }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ printf "%s-monitor" ($v.name | default .c.component) }}
  namespace: {{ $m.namespace | default .root.Release.Namespace | quote }}
  labels:
    {{- toYaml (merge (deepCopy ($m.additionalLabels | default dict)) (include "kso.labels" (list .root .c.component) | fromYaml)) | nindent 4 }}
spec:
  namespaceSelector:
    matchNames:
      - {{ .root.Release.Namespace | quote }}
  selector:
    matchLabels:
      kubescape.io/metrics: {{ .c.component }}
      app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
  endpoints:
    - port: health
      path: /metrics
      interval: {{ $m.interval | default "60s" }}
      scrapeTimeout: {{ $m.scrapeTimeout | default "30s" }}
      {{- with $m.honorLabels }}
      honorLabels: {{ . }}
      {{- end }}
      {{- with $m.relabelings }}
      relabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $m.metricRelabelings }}
      metricRelabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
{{- end -}}
