{{- define "kso.component.make-secrets" -}}
key: makeSecrets
values:
  {{- include "kso.onceValues" . | nindent 2 }}
component: make-secrets
token: true
restart: OnFailure
telemetry: false
args:
  - lifecycle
  - make-secret
  {{- if has (printf "%s-auth" (dig "redis" "name" "redis" (include "kso.values" .root | fromJson))) .settings.makesSecrets }}
  - --secret={{ .settings.redisSecret }}
  - --random=password
  {{- end }}
  {{- if eq .settings.credentialsOrigin "made" }}
  - --secret={{ .settings.credentialsSecret }}
  - --value=account={{ .settings.account }}
  - --random=accessKey
  {{- end }}
{{- end -}}
