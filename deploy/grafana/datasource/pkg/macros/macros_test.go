package macros_test

import (
	"testing"
	"time"

	"logstore-datasource/pkg/macros"
)

// Macros become what the language has for them; unknown ones stay.
func TestExpand(t *testing.T) {
	from := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	values := macros.Values{From: from, To: from.Add(90 * time.Minute), Interval: 15 * time.Second, Auto: 30 * time.Second}
	for text, wanted := range map[string]string{
		`count by bin($__interval)`:                 `count by bin(15s)`,
		`bin(${__interval}) x < $__interval_ms`:     `bin(15s) x < 15000`,
		`$__auto $__range $__range_s ${__range_ms}`: `30s 90m 5400 5400000`,
		`time:>=$__from`:                            `time:>=2026-11-22T10:00:00Z`,
		`"${__to:date:iso}" ${__from:date}`:         `"2026-11-22T11:30:00Z" 2026-11-22T10:00:00Z`,
		`$__interval_s $service $$`:                 `$__interval_s $service $$`,
	} {
		if found := macros.Expand(text, values).Apply(text); found != wanted {
			t.Errorf("%s: %s", text, found)
		}
	}
}
