{{/*
Reference of an image: registry + repository + (digest, else tag) (R4). In: dict root, image (registry, repository, digest, sha, tag), tag (default).
A repository that names a registry itself keeps it; global.imageRegistry goes in front of all others.
*/}}
{{- define "kso.imageReference" -}}
{{- $image := .image -}}
{{- $first := first (splitList "/" $image.repository) -}}
{{- $hasRegistry := and (contains "/" $image.repository) (or (contains "." $first) (contains ":" $first) (eq $first "localhost")) -}}
{{- $registry := $image.registry | default (ternary "" (.root.Values.global.imageRegistry | default "") $hasRegistry) -}}
{{- $name := $image.repository -}}
{{- if $registry -}}{{- $name = printf "%s/%s" ($registry | trimSuffix "/") $name -}}{{- end -}}
{{- $digest := $image.digest | default (ternary "" ($image.sha | default "") (not (empty $image.tag))) -}}
{{- if $digest -}}
{{- printf "%s@%s" $name (ternary $digest (printf "sha256:%s" $digest) (hasPrefix "sha256:" $digest)) -}}
{{- else -}}
{{- printf "%s:%s" $name ($image.tag | default .tag | toString) -}}
{{- end -}}
{{- end -}}

{{/* True for an image block that was copied from Kubescape's own chart (R16): our components never run those programs. */}}
{{- define "kso.isUpstreamImage" -}}
{{- if and (hasPrefix "quay.io/kubescape/" (.image.repository | default "")) (not .root.Values.global.allowUpstreamImages) -}}true{{- end -}}
{{- end -}}

{{/*
Image and pull policy of one of our own components, as a YAML object. In: dict root, own (the component's image block), engines (true: the
image with Syft, Grype and opa). The component's fields win over those of the suite image one by one.
*/}}
{{- define "kso.ownImage" -}}
{{- $values := .root.Values -}}
{{- $base := deepCopy $values.image -}}
{{- /* Tag and digest belong to one repository: those of the suite image say nothing about the other. */ -}}
{{- if .engines -}}{{- $base = omit $base "tag" "digest" "repository" -}}{{- $base = mergeOverwrite $base (include "kso.filled" ($values.enginesImage | default dict) | fromYaml) -}}{{- end -}}
{{- $own := deepCopy (.own | default dict) -}}
{{- if include "kso.isUpstreamImage" (dict "root" .root "image" $own) -}}{{- $own = omit $own "repository" "tag" "digest" "registry" -}}{{- end -}}
{{- $image := mergeOverwrite $base (include "kso.filled" $own | fromYaml) -}}
image: {{ include "kso.imageReference" (dict "root" .root "image" $image "tag" .root.Chart.AppVersion) | quote }}
imagePullPolicy: {{ $image.pullPolicy | default "IfNotPresent" }}
{{- end -}}

{{/* An image of somebody else. In: dict root, image, tag. */}}
{{- define "kso.foreignImage" -}}
image: {{ include "kso.imageReference" (dict "root" .root "image" .image "tag" (.tag | default "latest")) | quote }}
imagePullPolicy: {{ .image.pullPolicy | default "IfNotPresent" }}
{{- end -}}

{{/* The scalar fields of a dict that are set, as YAML. */}}
{{- define "kso.filled" -}}
{{- $filled := dict -}}
{{- range $key, $value := . -}}
{{- if and (not (empty $value)) (not (kindIs "map" $value)) -}}{{- $_ := set $filled $key $value -}}{{- end -}}
{{- end -}}
{{- toYaml $filled -}}
{{- end -}}

{{/* imagePullSecrets of a pod: a name, names, or objects. */}}
{{- define "kso.pullSecrets" -}}
{{- $given := .Values.imagePullSecrets | default list -}}
{{- if kindIs "string" $given -}}{{- $given = list $given -}}{{- end -}}
{{- range $given }}
- name: {{ if kindIs "map" . }}{{ .name | quote }}{{ else }}{{ . | quote }}{{ end }}
{{- end -}}
{{- end -}}
