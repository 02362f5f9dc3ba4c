{{/* The configuration file: `config`, and what the chart sets itself. */}}

{{- define "logstore.config" -}}
{{- $owned := dict
  "data" "/var/lib/logstore/data"
  "forward" (dict "listen" (printf "%s:%v" .Values.listenHost .Values.forward.port))
  "http" (dict "listen" (printf "%s:%v" .Values.listenHost .Values.http.port)) }}
{{- if .Values.forward.tls.secretName }}
{{- $tls := dict "cert_file" "/etc/logstore/tls/tls.crt" "key_file" "/etc/logstore/tls/tls.key" }}
{{- if .Values.forward.tls.clientCertificates }}
{{- $_ := set $tls "client_ca_file" "/etc/logstore/tls/ca.crt" }}
{{- end }}
{{- $_ := set $owned.forward "tls" $tls }}
{{- end }}
{{- if .Values.forward.sharedKey.secretName }}
{{- $_ := set $owned.forward "security" (dict "shared_key_file" "/etc/logstore/shared-key/shared-key") }}
{{- end }}
{{- with .Values.tracing.endpoint }}
{{- $_ := set $owned "tracing" (dict "endpoint" .) }}
{{- end }}
{{- with .Values.objectStorage }}
{{- if .url }}
{{- $storage := dict }}
{{- range $name, $value := dict "endpoint" .endpoint "region" .region }}
{{- if $value }}{{ $_ := set $storage $name $value }}{{ end }}
{{- end }}
{{- if .credentialsSecret }}{{ $_ := set $storage "credentials_file" "/etc/logstore/object-storage/credentials" }}{{ end }}
{{- if .caSecret }}{{ $_ := set $storage "ca_file" "/etc/logstore/object-storage/ca.crt" }}{{ end }}
{{- $_ := set $owned "object_storage" $storage }}
{{- end }}
{{- end }}
{{- include "logstore.toml" (dict "path" "" "table" (mergeOverwrite (deepCopy .Values.config) $owned)) | trim }}
{{- end }}

{{/* A table as TOML: its values, then the tables in it, each under its path. */}}
{{- define "logstore.toml" -}}
{{- range $key, $value := .table }}
{{- if not (or (kindIs "map" $value) (kindIs "invalid" $value)) }}
{{ $key }} = {{ include "logstore.tomlValue" $value }}
{{- end }}
{{- end }}
{{- $path := .path }}
{{- range $key, $value := .table }}
{{- if kindIs "map" $value }}

[{{ $path }}{{ $key }}]
{{- include "logstore.toml" (dict "path" (printf "%s%s." $path $key) "table" $value) }}
{{- end }}
{{- end }}
{{- end }}

{{/* A value within a table. JSON writes numbers, texts and booleans as TOML does (Helm's own toToml makes 1.0 of 1). */}}
{{- define "logstore.tomlValue" -}}
{{- if kindIs "map" . -}}
{ {{- range $index, $key := keys . | sortAlpha }}{{ ternary ", " " " (gt $index 0) }}{{ $key }} = {{ include "logstore.tomlValue" (get $ $key) }}{{ end }} }
{{- else if kindIs "slice" . -}}
[{{- range $index, $value := . }}{{ ternary ", " "" (gt $index 0) }}{{ include "logstore.tomlValue" $value }}{{ end }}]
{{- else -}}
{{ toJson . }}
{{- end }}
{{- end }}

{{/* Seconds from the order to stop until a pod is killed: see `shutdown`. HTTP answers get five after the listeners. */}}
{{- define "logstore.terminationGracePeriod" -}}
{{- $drain := dig "forward" "drain_timeout_s" 10 .Values.config | ceil }}
{{- add .Values.shutdown.preStopSeconds $drain 5 .Values.shutdown.sealSeconds }}
{{- end }}
