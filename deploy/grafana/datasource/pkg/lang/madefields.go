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

// MadeFields tells which fields the stages of a query make: those of let and parse, and, with a prefix, of json and
// logfmt. What json and logfmt find without a prefix is known to nobody before the answer.
func MadeFields(text string) func(name string) bool {
	names, prefixes := map[string]bool{}, []string{}
	for _, stage := range Stages(text)[1:] {
		said := stage.In(text)
		switch keywordOf(text, stage) {
		case "let":
			rest := Span{stage.Start + len("let"), stage.End}
			for _, piece := range Split(text, rest, ',') {
				if parts := assignment.FindStringSubmatch(piece.In(text)); parts != nil {
					names[unquoted(parts[1])] = true
				}
			}
		case "parse":
			for _, parts := range namedPiece.FindAllStringSubmatch(said, -1) {
				names[parts[1]] = true
			}
		case "json", "logfmt":
			if as, ok := word(text, stage, "as"); ok {
				prefixes = append(prefixes, unquoted(strings.TrimSpace(text[as.End:stage.End]))+".")
			}
		}
	}
	return func(name string) bool {
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		return names[name]
	}
}
