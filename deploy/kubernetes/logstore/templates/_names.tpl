{{/* Names and labels. */}}

{{- define "logstore.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Begins every name. Short enough for "-members-1234567890" behind it. */}}
{{- define "logstore.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $release := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- /* Releases may have dots in their names, Services may not. */}}
{{- default $release .Values.fullnameOverride | replace "." "-" | trunc 44 | trimAll "-" }}
{{- end }}

{{/* Maps as one, the later ones win; what is null there is gone. A key that is there twice is not YAML. */}}
{{- define "logstore.merged" -}}
{{- $all := dict }}
{{- range . }}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}{{ $_ := set $all $name $value }}{{ end }}
{{- end }}
{{- end }}
{{- if $all }}{{ toYaml $all }}{{ end }}
{{- end }}

{{- define "logstore.selectorLabels" -}}
app.kubernetes.io/name: {{ include "logstore.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{/* Labels of everything that is no server: `include "logstore.sharedLabels" .` and a component. */}}
{{- define "logstore.sharedLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: logstore
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with include "logstore.merged" (list .Values.commonLabels) }}
{{ . }}
{{- end }}
{{- end }}

{{- define "logstore.labels" -}}
{{ include "logstore.selectorLabels" . }}
{{ include "logstore.sharedLabels" . }}
{{- end }}

{{/* Labels of the server's objects that nobody else may set. */}}
{{- define "logstore.ownLabels" -}}
{{ include "logstore.selectorLabels" . }}
{{ include "logstore.sharedLabels" (dict "Chart" .Chart "Release" .Release "Values" (dict "commonLabels" dict)) }}
logstore/service: ""
{{- end }}

{{/* Those of an object that is found by labels which `more` has. */}}
{{- define "logstore.labelsAnd" -}}
{{ include "logstore.selectorLabels" .root }}
{{ include "logstore.merged" (list (include "logstore.sharedLabels" .root | fromYaml) .more) }}
{{- end }}

{{/* An image of a map with registry, repository, tag and digest; `fallback` is its tag when it has none. */}}
{{- define "logstore.image" -}}
{{- $name := list .image.registry .image.repository | compact | join "/" }}
{{- if .image.digest }}
{{- printf "%s@%s" $name .image.digest }}
{{- else }}
{{- printf "%s:%s" $name (default .fallback .image.tag) }}
{{- end }}
{{- end }}

{{- define "logstore.serviceAccount" -}}
{{- default (ternary (include "logstore.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{/* Whether members open connections at all: names to look up, a bucket, a receiver of traces, or what else was let out. */}}
{{- define "logstore.asksNames" -}}
{{- $decode := default dict .Values.config.decode }}
{{- $security := default dict (default dict .Values.config.forward).security }}
{{- if or .Values.objectStorage.url .Values.tracing.endpoint .Values.networkPolicy.egress $decode.source_hostname_key $security.clients }}true{{ end }}
{{- end }}

{{/* Who a peer of `access` is, for people. */}}
{{- define "logstore.peerInWords" -}}
{{- if .cidr }}{{ .cidr }}
{{- else }}pods
{{- range $name, $value := .podLabels }} {{ $name }}={{ $value }}{{ end }}
{{- if .namespace }} in namespace {{ .namespace }}{{ else }} in all namespaces{{ end }}
{{- end }}
{{- end }}

{{/* Who may send: `access.forward`, and the collectors of this chart, as YAML. */}}
{{- define "logstore.senders" -}}
{{- $senders := deepCopy (default dict .Values.access.forward) }}
{{- $names := dict "fluent-bit" .Values.collectors.fluentBit "fluentd" .Values.collectors.fluentd }}
{{- range $name, $collector := $names }}
{{- if $collector.enabled }}
{{- $labels := include "logstore.collectorSelector" (dict "name" $name "root" $) | fromYaml }}
{{- $account := printf "%s-%s" (include "logstore.fullname" $) $name }}
{{- $peer := dict "namespace" $.Values.collectors.namespace "podLabels" $labels "serviceAccount" $account }}
{{- $_ := set $senders (printf "chart-%s" $name) $peer }}
{{- end }}
{{- end }}
{{- toYaml $senders }}
{{- end }}
