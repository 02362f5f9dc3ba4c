{{/* Fluent Bit's configuration. Each setting that loses nothing has its reason beside it. */}}

{{- define "logstore.fluentBitConfig" -}}
service:
  flush: 1
  # Before it ends it tries for so long to send what it has; the rest is in files.
  grace: 30
  http_server: on
  http_listen: 0.0.0.0
  http_port: 2020
  # Chunks are files on the node until they are acknowledged: neither a restart nor a crash of the node loses one.
  storage.path: /buffers/chunks
  storage.sync: full
  storage.checksum: on
  storage.metrics: on
  # So many chunks (of about 2 MB) are in memory at once, and so many files are taken up again after a start.
  storage.max_chunks_up: 128
  storage.backlog.mem_limit: 64M
  # A retry waits half a minute at most. By default it may be half an hour, long after the server is back.
  scheduler.base: 1
  scheduler.cap: 30

pipeline:
  inputs:
    - name: tail
      tag: kube.*
      path: /var/log/containers/*.log
      # Its own lines about what it cannot send would be more that it cannot send.
      exclude_path: /var/log/containers/*_{{ .Values.collectors.namespace }}_fluent-bit-*.log
      # The container runtime's format, whose lines of more than 16 KiB come in pieces.
      multiline.parser: cri
      # A node has logs before it has a collector.
      read_from_head: true
      # Where it was, over restarts; a file with the number of one that is gone is another file.
      db: /buffers/positions.db
      db.locking: true
      db.compare_filename: true
      refresh_interval: 5
      # The kubelet renames full files: what is in them still is read on.
      rotate_wait: 60
      # Longer than any line of the runtime. Without skip_long_lines a longer one would end the reading of its file.
      buffer_max_size: 1M
      skip_long_lines: true
      storage.type: filesystem
      # When the server is away for long: stop reading, and leave the lines where they are. By default it reads on.
      storage.pause_on_chunks_overlimit: true
  filters:
    # The time is the event's already, and pieces are joined.
    - name: modify
      match: kube.*
      remove_regex: ^(time|_p)$
    {{- with .Values.collectors.stackTraces }}
    - name: multiline
      match: kube.*
      multiline.key_content: log
      multiline.parser: {{ join ", " . }}
      # What waits to be joined is in memory; what was joined is in files again. The last line of a traceback of Python
      # comes by itself too, once more (Fluent Bit 5.1).
      flush_ms: 2000
      emitter_storage.type: filesystem
    {{- end }}
    - name: kubernetes
      match: kube.*
      kube_tag_prefix: kube.var.log.containers.
      # JSON becomes fields, at the top, where Logstore looks for `message` and `level`.
      merge_log: true
      keep_log: false
      # Pods may choose a parser, or not to be collected: fluentbit.io/parser, fluentbit.io/exclude.
      k8s-logging.parser: true
      k8s-logging.exclude: true
      labels: true
      annotations: false
      namespace_labels: true
      # Of a pod whose description is longer than a bound nothing would be told.
      buffer_size: 0
  outputs:
    - name: forward
      match: kube.*
      host: {{ include "logstore.forwardHost" . }}
      port: {{ .Values.forward.port }}
      # A chunk is done when the server has it on disk, not when the network has taken it.
      require_ack_response: true
      # By default a chunk is thrown away after one retry. There is no storage.total_limit_size for the same reason:
      # above it the oldest chunks would be thrown away. The inputs pause instead.
      retry_limit: no_limits
      compress: gzip
      # Who waits longer for an acknowledgement sends again; the server knows the chunk then.
      net.connect_timeout: 10
      net.io_timeout: 60
      # Connections are made anew now and then, so that members that were added get some too.
      net.keepalive_max_recycle: 200
      {{- if .Values.collectors.sharedKeySecret }}
      self_hostname: ${NODE_NAME}
      shared_key: ${LOGSTORE_SHARED_KEY}
      {{- end }}
      {{- if .Values.forward.tls.secretName }}
      tls: on
      tls.verify: on
      tls.verify_hostname: on
      tls.vhost: {{ include "logstore.forwardHost" . }}
      tls.ca_file: /tls/ca.crt
      {{- if .Values.forward.tls.clientCertificates }}
      tls.crt_file: /tls/tls.crt
      tls.key_file: /tls/tls.key
      {{- end }}
      {{- end }}
{{- end }}
