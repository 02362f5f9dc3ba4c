{{/* Fluentd's configuration. Each setting that loses nothing has its reason beside it. */}}

{{- define "logstore.fluentdConfig" -}}
<system>
  root_dir /buffers
  log_level info
</system>

# Its own metrics, and a sign of life.
<source>
  @type prometheus
  bind 0.0.0.0
  port 24231
</source>
<source>
  @type prometheus_output_monitor
</source>

<source>
  @type tail
  @id containers
  tag kube.*
  path /var/log/containers/*.log
  # Its own lines about what it cannot send would be more that it cannot send.
  exclude_path ["/var/log/containers/*_{{ .Values.collectors.namespace }}_fluentd-*.log"]
  # Where it was, over restarts, by the number of the file: the kubelet renames full ones, which are read on.
  pos_file /buffers/containers.pos
  follow_inodes true
  rotate_wait 60
  refresh_interval 5
  # A node has logs before it has a collector.
  read_from_head true
  # A line that is not in the runtime's format is kept as it is.
  emit_unmatched_lines true
  <parse>
    @type cri
    merge_cri_fields true
    # It is the event's time already.
    keep_time_key false
  </parse>
</source>

# The runtime cuts lines of more than 16 KiB into pieces.
<filter kube.**>
  @type concat
  key message
  use_partial_cri_logtag true
  partial_cri_logtag_key logtag
  # Pieces of stdout and stderr may alternate, and are of different lines.
  stream_identity_key stream
  # What is named here is removed. By default it is `stream`, by which stack traces are told apart too.
  partial_cri_stream_key _
  separator ""
  use_first_timestamp true
  # A piece whose rest never comes is sent as it is.
  flush_interval 5
  timeout_label @SEND
</filter>

<match kube.**>
  @type relabel
  @label @SEND
</match>

<label @SEND>
  {{- with .Values.collectors.stackTraces }}
  # Stack traces become one event. What waits to be joined is in memory.
  <match kube.**>
    @type detect_exceptions
    remove_tag_prefix kube
    message message
    languages {{ toJson . }}
    multiline_flush_interval 2
    stream stream
    # The runtime's lines come without their ends.
    force_line_breaks true
  </match>

  <match **>
    @type relabel
    @label @DESCRIBE
  </match>
  {{- else }}
  <match **>
    @type relabel
    @label @DESCRIBE
  </match>
  {{- end }}
</label>

<label @DESCRIBE>
  # Of which pod and namespace a line is.
  <filter **>
    @type kubernetes_metadata
    skip_labels false
    skip_master_url true
    skip_container_metadata true
    watch true
  </filter>

  # JSON becomes fields, at the top, where Logstore looks for `message` and `level`; other lines stay as they are. Only
  # objects do: of a list there would be an event for each of its members. What looks like an object and is none keeps
  # the name `log`, which Logstore takes for a message too.
  <filter **>
    @type parser
    key_name message
    reserve_data true
    reserve_time true
    remove_key_name_field true
    emit_invalid_record_to_error false
    <parse>
      @type regexp
      expression /\A(?<log>\s*\{.*\}\s*)\z/m
    </parse>
  </filter>
  <filter **>
    @type parser
    key_name log
    reserve_data true
    reserve_time true
    remove_key_name_field true
    emit_invalid_record_to_error false
    <parse>
      @type json
      # Times in lines stay fields, and need not be in a format that is known here: the runtime's time is the event's.
      time_key no_such_key
    </parse>
  </filter>

  <match **>
    @type forward
    @id logstore
    # A chunk is done when the server has it on disk, not when the network has taken it. Who waits longer for an
    # acknowledgement sends again; the server knows the chunk then.
    require_ack_response true
    ack_response_timeout 60s
    compress gzip
    keepalive true
    # Connections are made anew now and then, so that members that were added get some too.
    keepalive_timeout 60s
    # By default a name is looked up once, for ever.
    expire_dns_cache 30s
    # It starts also while the server is away.
    ignore_network_errors_at_startup true
    {{- if .Values.forward.tls.secretName }}
    transport tls
    tls_cert_path /tls/ca.crt
    tls_verify_hostname true
    {{- if .Values.forward.tls.clientCertificates }}
    tls_client_cert_path /tls/tls.crt
    tls_client_private_key_path /tls/tls.key
    {{- end }}
    {{- end }}
    {{- if .Values.collectors.sharedKeySecret }}
    <security>
      self_hostname "#{ENV['NODE_NAME']}"
      shared_key "#{ENV['LOGSTORE_SHARED_KEY']}"
    </security>
    {{- end }}
    {{- if and (gt (int .Values.replicas) 1) (not .Values.forward.tls.secretName) }}
    # Those members that take events in, listed anew each half minute.
    <service_discovery>
      @type srv
      service tcp-forward
      proto tcp
      hostname {{ include "logstore.fullname" . }}-forward.{{ .Release.Namespace }}.svc
      interval 30
    </service_discovery>
    {{- else }}
    <server>
      host {{ include "logstore.forwardHost" . }}
      port {{ .Values.forward.port }}
    </server>
    {{- end }}
    # Chunks are files on the node until they are acknowledged: a restart does not lose one.
    <buffer tag>
      @type file
      path /buffers/forward
      chunk_limit_size 8m
      flush_mode interval
      flush_interval 1s
      flush_thread_count 2
      # When the server is away for long: stop reading, and leave the lines where they are. By default it raises errors.
      total_limit_size 4g
      overflow_action block
      # By default a chunk is thrown away after three days.
      retry_forever true
      # A retry waits half a minute at most. By default it may be hours, long after the server is back.
      retry_wait 1s
      retry_max_interval 30s
    </buffer>
  </match>
</label>
{{- end }}
