{{- define "kso.component.grype-offline-db" -}}
{{- $v := .root.Values.grypeOfflineDB -}}
key: grypeOfflineDB
component: grype-offline-db
foreign: {{ $v.image | toJson }}
user: 101
ports:
  http: 8080
probePort: http
services:
  - name: {{ $v.name }}
    ports:
      - {name: http, port: 80, targetPort: http}
mounts:
  - {name: tmp, mountPath: /tmp}
volumes:
  - {name: tmp, emptyDir: {sizeLimit: 64Mi}}
{{- end -}}

{{- define "kso.component.grype-offline-db-restart" -}}
key: grypeOfflineDB
values: {{ .root.Values.grypeOfflineDB.rollout | toJson }}
component: grype-offline-db-restart
token: true
restart: Never
telemetry: false
args: [lifecycle, restart, --deployment, {{ .root.Values.grypeOfflineDB.name }}]
{{- end -}}
