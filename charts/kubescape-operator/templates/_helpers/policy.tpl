{{/* Which parts the scanner's policy has, and the ConfigMap of each, with the key `<part>.json`. In: root. Returns YAML. */}}
{{- define "kso.policyParts" -}}
{{- $policy := dig "kubescape" "policy" dict (include "kso.values" . | fromJson) -}}
{{- $parts := dict -}}
{{- range $part := list "exceptions" "controlInputs" "frameworks" -}}
{{- $theirs := dig "existingConfigMaps" $part "" $policy -}}
{{- if $theirs -}}{{- $_ := set $parts $part $theirs -}}
{{- else if get $policy $part -}}{{- $_ := set $parts $part "kubescape-policy" -}}
{{- end -}}
{{- end -}}
{{- toYaml $parts -}}
{{- end -}}

{{/* Variables of the service that reads them. In: list <root> <prefix>. */}}
{{- define "kso.policyEnv" -}}
{{- $prefix := index . 1 -}}
{{- range $part, $_ := include "kso.policyParts" (index . 0) | fromYaml }}
{{ $prefix }}_POLICY_{{ snakecase $part | upper }}: /etc/kubescape/policy/{{ $part }}.json
{{- end }}
{{- end -}}

{{/* Its mount and volume, as lists in YAML; a ConfigMap is mounted as a folder, so that a change counts within two minutes. In: root. */}}
{{- define "kso.policyMounts" -}}
{{- if include "kso.policyParts" . | fromYaml -}}
- {name: policy, mountPath: /etc/kubescape/policy, readOnly: true}
{{- end -}}
{{- end -}}
{{- define "kso.policyVolumes" -}}
{{- with include "kso.policyParts" . | fromYaml -}}
- name: policy
  projected:
    defaultMode: 420
    sources:
      {{- range $part, $name := . }}
      - configMap:
          name: {{ $name | quote }}
          items: [{key: {{ $part }}.json, path: {{ $part }}.json}]
      {{- end }}
{{- end -}}
{{- end -}}
