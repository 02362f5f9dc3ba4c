// Go to Logstore, with fluent-logger-golang: `go mod tidy`, then `go run . [HOST [PORT]]`.
// It asks for acknowledgements and waits for them.
package main

import (
	"log"
	"os"
	"strconv"

	"github.com/fluent/fluent-logger-golang/fluent"
)

func main() {
	host, port := "127.0.0.1", 24224
	if len(os.Args) > 1 {
		host = os.Args[1]
	}
	if len(os.Args) > 2 {
		number, err := strconv.Atoi(os.Args[2])
		if err != nil {
			log.Fatalf("%q is no port", os.Args[2])
		}
		port = number
	}
	logger, err := fluent.New(fluent.Config{
		FluentHost: host,
		FluentPort: port,
		// An event is done when it is on disk.
		RequestAck: true,
		// Events of the same second stay in their order.
		SubSecondPrecision: true,
		MaxRetry:           10,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer logger.Close()
	// `level` and `message` are what Logstore looks for; the rest are fields of their own.
	for _, event := range []map[string]any{
		{"level": "info", "message": "the program has started"},
		{"level": "warn", "message": "payment refused", "order": 4711},
	} {
		if err := logger.Post("app.go", event); err != nil {
			log.Fatal(err)
		}
	}
}
