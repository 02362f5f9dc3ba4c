{{/*
What one value alone cannot show to be wrong, and Kubernetes or a sender would find out later. The schema looks at each
value by itself.
*/}}

{{- define "logstore.checks" -}}
{{- $values := .Values }}
{{- if not (regexMatch "^[a-z]" (include "logstore.fullname" .)) }}
{{- fail (printf "names of Services begin with a letter: %s does not; set fullnameOverride" (include "logstore.fullname" .)) }}
{{- end }}
{{- if eq (int $values.forward.port) (int $values.http.port) }}
{{- fail (printf "forward.port and http.port are both %v: each needs a port of its own" $values.http.port) }}
{{- end }}
{{- range $name, $port := dict "forward.port" $values.forward.port "http.port" $values.http.port }}
{{- if and $values.istio.enabled (ge (int $port) 15000) (le (int $port) 15099) }}
{{- fail (printf "%s is %v: Istio's proxies have 15000 to 15099 for themselves" $name $port) }}
{{- end }}
{{- end }}
{{- if and $values.forward.tls.clientCertificates (not $values.forward.tls.secretName) }}
{{- fail "forward.tls.clientCertificates needs TLS: set forward.tls.secretName" }}
{{- end }}
{{- with $values.forward.service }}
{{- if and .loadBalancerSourceRanges (ne .type "LoadBalancer") }}
{{- fail (printf "forward.service.loadBalancerSourceRanges is for the type LoadBalancer, and forward.service.type is %s" .type) }}
{{- end }}
{{- if and .externalTrafficPolicy (eq .type "ClusterIP") }}
{{- fail "forward.service.externalTrafficPolicy is for the types LoadBalancer and NodePort, and forward.service.type is ClusterIP" }}
{{- end }}
{{- end }}
{{- include "logstore.checkLabels" . }}
{{- include "logstore.checkEnv" . }}
{{- end }}

{{/* Labels by which selectors find the pods, and those that tell whose they are, are nobody else's to set. */}}
{{- define "logstore.checkLabels" -}}
{{- $own := include "logstore.ownLabels" . | fromYaml }}
{{- $given := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "serviceMonitor.labels" .Values.serviceMonitor.labels
  "prometheusRule.labels" .Values.prometheusRule.labels "dashboards.labels" .Values.dashboards.labels }}
{{- range $where, $labels := $given }}
{{- range $name, $_ := $labels }}
{{- if hasKey $own $name }}
{{- fail (printf "%s: the label %s is the chart's own" $where $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* A variable would win over the configuration, and with it over what the chart has made ports and times of. */}}
{{- define "logstore.checkEnv" -}}
{{- $seen := dict }}
{{- range .Values.env }}
{{- if hasPrefix "LOGSTORE_" .name }}
{{- fail (printf "env: %s is a setting: it belongs into config, or has a value of its own" .name) }}
{{- end }}
{{- if or (hasKey $seen .name) (eq .name "POD_NAME") }}
{{- fail (printf "env: %s is there twice" .name) }}
{{- end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- end }}
