package lang

import (
	"regexp"
	"strconv"
	"time"
)

type unit struct {
	name  string
	width time.Duration
}

// The units of a duration, as the language has them, from large to small.
var units = []unit{
	{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
	{"ms", time.Millisecond}, {"us", time.Microsecond}, {"ns", time.Nanosecond},
}

var durationText = regexp.MustCompile(`^(\d+(?:\.\d+)?)(w|d|h|m|s|ms|us|ns)?$`)

// ParseDuration reads a duration as queries write it; a number alone is one of seconds.
func ParseDuration(text string) (time.Duration, bool) {
	parts := durationText.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	width := time.Second
	for _, unit := range units {
		if unit.name == parts[2] {
			width = unit.width
		}
	}
	return time.Duration(number * float64(width)), err == nil
}

// FormatDuration writes a duration as queries do, exactly, in the largest unit that it is a whole number of.
func FormatDuration(duration time.Duration) string {
	for _, unit := range units[1:] {
		if duration != 0 && duration%unit.width == 0 {
			return strconv.FormatInt(int64(duration/unit.width), 10) + unit.name
		}
	}
	return "0s"
}

// The widths of bins that people can read off an axis.
var niceSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// NiceStep is the smallest readable width that is not below the wanted one; beyond a day, whole days.
func NiceStep(wanted time.Duration) time.Duration {
	for _, step := range niceSteps {
		if step >= wanted {
			return step
		}
	}
	const day = 24 * time.Hour
	return (wanted + day - 1) / day * day
}
