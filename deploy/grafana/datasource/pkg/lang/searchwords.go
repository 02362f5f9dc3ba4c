package lang

import (
	"regexp"
	"strings"
)

// SearchWords gives what a query's search looks for in messages, as the regular expressions that Grafana marks matches
// with. What is excluded, and what is looked for in other fields, is not among it.
func SearchWords(text string) []string {
	search := Stages(text)[0].In(text)
	words := []string{}
	excluded := false
	for _, term := range terms(search) {
		switch {
		case term == "NOT":
			excluded = true
			continue
		case term == "AND" || term == "OR" || term == "*":
		case excluded || strings.HasPrefix(term, "-"):
		default:
			if pattern := patternOf(term); pattern != "" {
				words = append(words, pattern)
			}
		}
		excluded = false
	}
	return words
}

// terms splits a search at white space; groups are opened, but for those that are excluded or belong to a field.
func terms(search string) []string {
	var found []string
	whole := Span{0, len(search)}
	start, depth := -1, 0
	flush := func(end int) {
		if start >= 0 && end > start {
			found = append(found, search[start:end])
		}
		start = -1
	}
	for at := 0; at < whole.End; at++ {
		switch character := search[at]; {
		case character == '\\':
			if start < 0 {
				start = at
			}
			at++
		case character == '"' || character == '`':
			if start < 0 {
				start = at
			}
			at = endOfQuotes(search, at, whole.End)
		case character == '(' && start < 0 && depth == 0 && !followsNot(found):
		case character == '(':
			if start < 0 {
				start = at
			}
			depth++
		case character == ')' && depth > 0:
			depth--
		case depth == 0 && strings.IndexByte(whiteSpace+")", character) >= 0:
			flush(at)
		case start < 0:
			start = at
		}
	}
	flush(len(search))
	return found
}

func followsNot(found []string) bool { return len(found) > 0 && found[len(found)-1] == "NOT" }

// patternOf is the regular expression for a term of messages; empty for all other terms.
func patternOf(term string) string {
	if inQuotes, ok := strings.CutPrefix(term, `~"`); ok {
		return strings.ReplaceAll(strings.TrimSuffix(inQuotes, `"`), `\"`, `"`)
	}
	if inQuotes, ok := strings.CutPrefix(term, `"`); ok {
		return "(?i)" + regexp.QuoteMeta(unescaped(strings.TrimSuffix(inQuotes, `"`)))
	}
	if strings.ContainsAny(escaped.ReplaceAllString(term, ""), ":`(") {
		return ""
	}
	word := unescaped(strings.Trim(term, "*"))
	if word == "" {
		return ""
	}
	return "(?i)" + strings.ReplaceAll(regexp.QuoteMeta(word), `\*`, `.*`)
}

var escaped = regexp.MustCompile(`\\.`)

var escapes = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\`, "")

func unescaped(text string) string { return escapes.Replace(text) }
