package lang

import (
	"regexp"
	"strings"
)

var (
	// In a pattern `<user>` or `<took:number>` is a field, in a regular expression `(?P<user>…)`.
	namedPiece = regexp.MustCompile(`<([^<>:]+)(?::\w+)?>`)
	assignment = regexp.MustCompile("^([\\w.]+|`[^`]*`)\\s*=[^=]")
)

// Made tells which fields of rows the stages of a query made.
type Made struct {
	names    map[string]bool
	prefixes []string
	taken    []taken
}

// taken is a json or logfmt stage without a prefix: what it makes is in the text that it reads.
type taken struct {
	from   string
	isJSON bool
}

// MadeFields reads a query for what its stages make: let and parse fields that they name, json and logfmt those that they find.
func MadeFields(text string) Made {
	made := Made{names: map[string]bool{}}
	for _, stage := range Stages(text)[1:] {
		switch keyword := keywordOf(text, stage); keyword {
		case "let":
			rest := Span{stage.Start + len("let"), stage.End}
			for _, piece := range Split(text, rest, ',') {
				if parts := assignment.FindStringSubmatch(piece.In(text)); parts != nil {
					made.names[unquoted(parts[1])] = true
				}
			}
		case "parse":
			for _, parts := range namedPiece.FindAllStringSubmatch(stage.In(text), -1) {
				made.names[parts[1]] = true
			}
		case "json", "logfmt":
			made.addReader(text, stage, keyword)
		}
	}
	return made
}

func (m *Made) addReader(text string, stage Span, keyword string) {
	if as, ok := word(text, stage, "as"); ok {
		m.prefixes = append(m.prefixes, unquoted(strings.TrimSpace(text[as.End:stage.End]))+".")
		return
	}
	from := unquoted(strings.TrimSpace(strings.TrimPrefix(stage.In(text), keyword)))
	if from == "" {
		from = "message"
	}
	m.taken = append(m.taken, taken{from, keyword == "json"})
}

// Has says whether a stage made a field of a row; textOf looks its fields up, and says whether the answer has them. Where it cannot be known it says yes: a filter behind the stages finds such a
// field wherever it comes from, one in the search only what is stored.
func (m Made) Has(name string, textOf func(field string) (text string, ok bool)) bool {
	for _, prefix := range m.prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	if m.names[name] {
		return true
	}
	for _, each := range m.taken {
		if text, ok := textOf(each.from); !ok || each.mayHave(text, name) {
			return true
		}
	}
	return false
}

func (t taken) mayHave(text, name string) bool {
	if !t.isJSON {
		return strings.Contains(text, name+"=")
	}
	// Names of nested objects are joined by dots; characters may be written by their numbers.
	last := name[strings.LastIndex(name, ".")+1:]
	return strings.Contains(text, last+`"`) || strings.Contains(text, `\u`)
}
