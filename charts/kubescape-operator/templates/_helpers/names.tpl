{{/* Value of the label app.kubernetes.io/name. */}}
{{- define "kso.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
Name of a cluster-scoped object: two releases never collide (R2). In: list <root> <suffix>.
The namespace is part of it, as Helm allows the same release name in two namespaces.
*/}}
{{- define "kso.clusterName" -}}
{{- $root := index . 0 -}}
{{- $full := $root.Values.fullnameOverride | default (printf "%s-%s" $root.Release.Namespace $root.Release.Name) -}}
{{- printf "%s-%s" $full (index . 1) | trunc 253 -}}
{{- end -}}

{{/* Labels that select; they never change between versions (R3). In: list <root> <component>. */}}
{{- define "kso.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "kso.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of pods and objects alike; no version in them, as a new chart must not restart what did not change. In: list <root> <component>. */}}
{{- define "kso.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "kso.selectorLabels" . }}
app.kubernetes.io/part-of: kubescape-operator
app: {{ index . 1 }}
tier: {{ $root.Values.global.namespaceTier | default "ks-control-plane" | quote }}
kubescape.io/ignore: "true"
{{- end -}}

{{/* Labels of every object. In: list <root> <component>. */}}
{{- define "kso.labels" -}}
{{- $root := index . 0 -}}
{{- $labels := include "kso.podLabels" . | fromYaml -}}
{{- $own := dict
      "app.kubernetes.io/version" $root.Chart.AppVersion
      "app.kubernetes.io/managed-by" $root.Release.Service
      "helm.sh/chart" (printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_"))
      "kubescape.io/tier" "core" -}}
{{- toYaml (merge $labels $own (deepCopy ($root.Values.additionalLabels | default dict))) -}}
{{- end -}}

{{/* The metadata block of an object of the release namespace. In: list <root> <component> <name> [<more annotations>]. */}}
{{- define "kso.metadata" -}}
{{- $root := index . 0 -}}
{{- $annotations := deepCopy ($root.Values.additionalAnnotations | default dict) -}}
{{- if gt (len .) 3 -}}{{- $annotations = merge (deepCopy (index . 3 | default dict)) $annotations -}}{{- end -}}
name: {{ index . 2 | quote }}
namespace: {{ $root.Release.Namespace | quote }}
labels:
  {{- include "kso.labels" (list $root (index . 1)) | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* The same for a cluster-scoped object; its name gets the release in front. */}}
{{- define "kso.clusterMetadata" -}}
{{- $root := index . 0 -}}
name: {{ include "kso.clusterName" (list $root (index . 2)) }}
labels:
  {{- include "kso.labels" (list $root (index . 1)) | nindent 2 }}
{{- with $root.Values.additionalAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
