package lang_test

import (
	"reflect"
	"testing"
	"time"

	"logstore-datasource/pkg/lang"
)

// A pipe in quotes, in parentheses or behind a backslash begins no stage.
func TestStages(t *testing.T) {
	for text, wanted := range map[string][]string{
		``:                                    {``},
		`error`:                               {`error`},
		`error | count by path`:               {`error`, `count by path`},
		`"a | b" c\|d | let x = "|"`:          {`"a | b" c\|d`, `let x = "|"`},
		"`odd|name`:x | sort -`a|b`":          {"`odd|name`:x", "sort -`a|b`"},
		`id:in(a | fields id) | limit 3`:      {`id:in(a | fields id)`, `limit 3`},
		`~"a\"|b" | count`:                    {`~"a\"|b"`, `count`},
		`* | union (b | fields x) | sort x`:   {`*`, `union (b | fields x)`, `sort x`},
		`"never closed | count`:               {`"never closed | count`},
		" \n level:error\n | count by level ": {`level:error`, `count by level`},
	} {
		var found []string
		for _, stage := range lang.Stages(text) {
			found = append(found, stage.In(text))
		}
		if !reflect.DeepEqual(found, wanted) {
			t.Errorf("%q: %q", text, found)
		}
	}
}

// What a query groups by is known by its columns' names; bins of time with their width.
func TestFindAggregation(t *testing.T) {
	for text, wanted := range map[string][]lang.Key{
		`* | count`:                   nil,
		`* | count by level`:          {{Name: "level"}},
		`* | count by bin(1m), level`: {{Name: "time", IsTime: true, Step: time.Minute}, {Name: "level"}},
		`* | stats avg(x) by bin( time , 1.5h ) as hour`: {{Name: "hour", IsTime: true, Step: 90 * time.Minute}},
		`* | stats avg(x) by bin(took, 100), "a b"`:      {{Name: "took"}, {Name: `"a b"`}},
		"* | stats avg(x) by `odd, name`, lower(a)":      {{Name: "odd, name"}, {Name: "lower(a)"}},
		`* | count by a | count by b | sort b`:           {{Name: "b"}},
		`* | stats sum(by) by if(a in (1, 2), "by", c)`:  {{Name: `if(a in (1, 2), "by", c)`}},
	} {
		aggregation, ok := lang.FindAggregation(text)
		if !ok || len(aggregation.By) != len(wanted) || len(wanted) > 0 && !reflect.DeepEqual(aggregation.By, wanted) {
			t.Errorf("%q: %v %v", text, aggregation.By, ok)
		}
	}
	for _, text := range []string{`count`, `* | top 5 path`, `"a | count"`, `x:in(* | count by x | fields x)`} {
		if _, ok := lang.FindAggregation(text); ok {
			t.Errorf("%q has an aggregation", text)
		}
	}
}

// A query becomes one over time without a change of what it counts.
func TestWithTimeBin(t *testing.T) {
	for text, wanted := range map[string]string{
		``:                                   `* | count by bin(30s)`,
		`level:error `:                       `level:error | count by bin(30s)`,
		`* | count`:                          `* | count by bin(30s)`,
		`* | count by level | sort -count`:   `* | count by bin(30s), level | sort -count`,
		`* | stats p99(took) as p`:           `* | stats p99(took) as p by bin(30s)`,
		"* | json | stats avg(a.b) by `x y`": "* | json | stats avg(a.b) by bin(30s), `x y`",
	} {
		edits, ok := lang.WithTimeBin(text, 30*time.Second)
		if found := edits.Apply(text); !ok || found != wanted {
			t.Errorf("%q: %q", text, found)
		}
	}
	if _, ok := lang.WithTimeBin(`* | top 5 path`, time.Second); ok {
		t.Error("rows that are no numbers over time got bins")
	}
}

// A place in a text that was changed leads back to where it was written.
func TestOrigin(t *testing.T) {
	edits := lang.Edits{{Span: lang.Span{Start: 4, End: 6}, Text: "xxxx"}, {Span: lang.Span{Start: 8, End: 8}, Text: "y"}}
	if changed := edits.Apply("0123456789"); changed != "0123xxxx67y89" {
		t.Fatal(changed)
	}
	for offset, wanted := range map[int]int{0: 0, 3: 3, 4: 4, 7: 4, 8: 6, 9: 7, 10: 8, 11: 8, 12: 9, 13: 10} {
		if found := edits.Origin(offset); found != wanted {
			t.Errorf("%d: %d", offset, found)
		}
	}
}

// Lines and columns count characters, whatever their bytes.
func TestPosition(t *testing.T) {
	text := "grüße\n | cöunt"
	for _, position := range []lang.Position{{1, 1}, {1, 6}, {2, 1}, {2, 6}} {
		if found := lang.PositionOf(text, position.Offset(text)); found != position {
			t.Errorf("%v: %v", position, found)
		}
	}
	if found := (lang.Position{Line: 9, Column: 9}).Offset(text); found != len(text) {
		t.Error(found)
	}
}

// Durations are read and written as queries do.
func TestDurations(t *testing.T) {
	for text, wanted := range map[string]time.Duration{
		"15s": 15 * time.Second, "1.5h": 90 * time.Minute, "2d": 48 * time.Hour, "1w": 168 * time.Hour, "250ms": 250 * time.Millisecond, "60": time.Minute,
	} {
		if found, ok := lang.ParseDuration(text); !ok || found != wanted {
			t.Errorf("%s: %v", text, found)
		}
	}
	if _, ok := lang.ParseDuration("soon"); ok {
		t.Error("soon is a duration")
	}
	for wanted, duration := range map[string]time.Duration{
		"0s": 0, "1500ms": 1500 * time.Millisecond, "90m": 90 * time.Minute, "2d": 48 * time.Hour, "7d": 168 * time.Hour,
	} {
		if found := lang.FormatDuration(duration); found != wanted {
			t.Errorf("%v: %s", duration, found)
		}
	}
	for wanted, step := range map[time.Duration]time.Duration{
		time.Second: 700 * time.Millisecond, 15 * time.Second: 11 * time.Second, 24 * time.Hour: 13 * time.Hour, 72 * time.Hour: 49 * time.Hour,
	} {
		if found := lang.NiceStep(step); found != wanted {
			t.Errorf("%v: %v", step, found)
		}
	}
}

// Marked is what is looked for in messages, and nothing else.
func TestSearchWords(t *testing.T) {
	for text, wanted := range map[string][]string{
		`*`:                                    {},
		`timeout`:                              {`(?i)timeout`},
		`"connection refused" -tag:health.*`:   {`(?i)connection refused`},
		`error AND (a.b OR NOT gone) err*`:     {`(?i)error`, `(?i)a\.b`, `(?i)err`},
		`-(a b) NOT (c d) level:(error, warn)`: {},
		`~"took \d+ms" x:~"y" | where z`:       {`took \d+ms`},
		`"say \"hi\"" it\:is`:                  {`(?i)say "hi"`, `(?i)it:is`},
	} {
		if found := lang.SearchWords(text); !reflect.DeepEqual(found, wanted) {
			t.Errorf("%q: %q", text, found)
		}
	}
}

// Fields that a query makes are told apart from those of events.
func TestMadeFields(t *testing.T) {
	made := lang.MadeFields("* | parse \"user=<user> took <took:number> <_>\" | let slow = took > 1, `a b` = 2 | json body as in")
	nothing := func(string) (string, bool) { return "", true }
	for name, wanted := range map[string]bool{"user": true, "took": true, "slow": true, "a b": true, "in.x": true, "tag": false, "input": false} {
		if made.Has(name, nothing) != wanted {
			t.Errorf("%s: %v", name, !wanted)
		}
	}
}

// What json and logfmt take out of a text is in that text; where the text is gone, everything may be theirs.
func TestFieldsTakenOutOfTexts(t *testing.T) {
	row := map[string]string{"message": `{"http": {"path": "/"}, "took": 3}`, "body": `user=ann ok=true`, "odd": `{"gr\u00fcn": 1}`}
	textOf := func(field string) (string, bool) { text, ok := row[field]; return text, ok }
	for query, fields := range map[string]map[string]bool{
		`* | json`:                   {"http.path": true, "took": true, "tag": false, "path ": false},
		`* | logfmt body`:            {"user": true, "ok": true, "ann": false, "took": false},
		"* | json `odd` | where a":   {"grün": true},
		`* | json gone`:              {"tag": true},
		`* | json | logfmt body`:     {"user": true, "took": true, "tag": false},
		`"json" | where logfmt == 1`: {"user": false, "took": false},
	} {
		made := lang.MadeFields(query)
		for name, wanted := range fields {
			if made.Has(name, textOf) != wanted {
				t.Errorf("%s: %s: %v", query, name, !wanted)
			}
		}
	}
}

// A name is written as stages take it.
func TestQuoteName(t *testing.T) {
	for name, wanted := range map[string]string{"a.b_1": "a.b_1", "user-agent": "`user-agent`", "not": "`not`", "1a": "`1a`", "a`b": "`a\\`b`"} {
		if found := lang.QuoteName(name); found != wanted {
			t.Errorf("%s: %s", name, found)
		}
	}
}
