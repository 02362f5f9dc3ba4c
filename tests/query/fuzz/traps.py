"""Questions that fall into every hole the documentation of the language speaks of, and those beside it."""

from __future__ import annotations

_LONG = "9" * 400

SEARCHES = (
    "level:error and x", "name: x", "status:a..b", "status:1..", "http://x:80", "url:http://x", "took:250parsecs",
    f"n:{_LONG}", f"n:>{_LONG}", f"n:-1..{_LONG}", "n:1e400", "n:>1e400", "n:NaN", "f:>-inf", f"n:1e{_LONG}",
    "took:>1e308w", "n:" + "9" * 20 + "w", "level:foo", "level:1..7", "tag:a?p*", "_more:*", "_more:5", "_seq:>1e300",
    "_time_ns:*", "**", "err**", "x:in()", "x:(", "x:~", ":", "``:x", "|", "* | |", "\\", "a\\", "-", "((", "'",
    "message:" + "*a" * 20_000, "message:" + "?" * 60_000, "a " * 30_000, "-" * 60_000 + "a", "(" * 30_000,
    "mixed:(" + ",".join(f"a{n}*" for n in range(1_000)) + ")", "n:(" + ",".join(map(str, range(300))) + ")",
    "mixed:in(" * 14 + "*" + " | fields mixed)" * 14, "x:in(" * 50 + "*" + ")" * 50,
)  # fmt: skip
"""Terms: numbers beyond all bounds, wildcards without end, what is never closed."""

TIMES = (
    "time:9999999999999w", "time:0s", "time:1e400w", "time:99999-01-01", "time:0000-01-01", "time:0001-01-01",
    "time:9999-12-31", "time:>2262-04-12", "time:<1600-01-01", "time:2026-02-30", "time:2026-11-23..2026-11-22",
    "time:2026-11-22T10:00:00.1234567891", "time:2026-11-22T10:00+99:00", "time:0001-01-01T00:00:00+23:59",
    "time:9999-12-31T23:59:59.999999999-23:59", '* | where time >= "9999-12-31T23:59:59+00:00"',
    '* | where time == "0001-01-01"', "* | let x = time + 1e300, y = time - 1e18, z = time + time, w = now() + 1e18",
)  # fmt: skip
"""Times out of range."""

TEXTS = (
    "\x00", '"a\x00"', "`\x00`:*", "\ufeffa", "\u202eabc", '"\u202e"', "\u2028", "a\u0085b", "a\u3000b", "\ud800",
    '"\ud800"', '"\\ud800"', '"\\ud83d\\ude00"', "a" * 65_536, "a" * 65_537, "漢" * 65_536, "`" + "a" * 60_000 + "`:x",
    '"' + "a" * 65_534 + '"', "* | let `" + "a" * 60_000 + "` = 1", "\t\n\r", "\x0b",
)  # fmt: skip
"""Characters that are none, are not seen, or are too many."""

REGEXES = tuple(
    f'~"{regex}"'
    for regex in (
        "(a*)*b", "((((a{1,100}){1,100}){1,100}){1,100}", "a{1000}{1000}", "(" * 1_000 + ")" * 1_000, "a|" * 20_000,
        "(?i)ERROR", r"(?i)\\p{L}+", r"\\C", "(?P<n>a)(?P<n>b)", r"\\x{110000}", r"\\Q", "a**", "[z-a]", "", "(?=a)",
        r"\\1", "(?<n>x)", "\x00", r"\\x00", "[a-f].{0,300}[a-f].{0,300}z", "(.?){200}",
    )
)  # fmt: skip
"""Regular expressions that explode elsewhere, are none, or ask for much."""

EXPRESSIONS = tuple(
    f"* | let {assignments}"
    for assignments in (
        "x = 1 / 0, y = 1 % 0, z = 1.0 / 0, w = 0 / 0", "x = n / 0, y = n % 0, z = n / n, w = -n",
        "x = 9223372036854775807 + 1, y = -9223372036854775808 - 1, z = -(-9223372036854775808)",
        "x = n * n * n, y = abs(n), z = sqrt(-1), w = log(0), v = exp(1000), u = pow(10, 1000), t = pow(-1, 0.5)",
        "x = round(n, 400), y = round(f, -400), z = round(f, 1e18), w = round(f, f)", "x = 1e400 * 2", f"x = 1e{_LONG}",
        "x = substr(message, 1, 9223372036854775807)", "x = substr(message, 1e300, 1e300)", "x = substr(message, n, n)",
        "x = substr(message, -9223372036854775808, 9223372036854775807)", "x = substr(message, f, f)",
        'x = split(message, "", 0)', 'x = split(message, " ", -9223372036854775808)', 'x = split(message, " ", f)',
        'x = replace(message, "", "xx")', 'x = replace(message, "e", message)', 'x = extract(message, "(a)", 9)',
        'x = format_time(time, "%")', 'x = format_time(time, "")', 'x = format_time(time + 9e18, "%c")',
        'x = json_get(list, "[99999999999999999999999999]")', 'x = json_get(list, "a\\"b")', 'x = json_get(list, "$")',
        'x = json_get(list, "[*]")', 'x = json_get(list, "' + "a." * 30_000 + 'a")', 'x = json_get("1e999", "a")',
        'x = json_len("' + "[" * 60_000 + '")', 'x = ip_in(ip, "10.0.0.1/33")', 'x = ip_in(ip, "::/0")',
        'x = ip_in("' + ":" * 60_000 + '", "::/0")', f'x = number("{_LONG}"), y = number("1e{_LONG}")',
        "x = " + "(" * 30_000 + "1", "x = " + "-" * 30_000 + "1", "x = " + "1+" * 30_000 + "1", "x = null, y = x + 1",
        "x = " + "f*" * 40 + "1", "x = " + "n ?? " * 500 + "1", "x = concat(" + ",".join(["message"] * 2_000) + ")",
        "x = if(1, 2, 3), y = if(null, null, null), z = coalesce(null)", "time = 5, tag = 1, level = 2, message = true",
        "Status = 5, STATUS = 6, `" + "a" * 300 + "` = 7", ", ".join(f"x{n} = {n}" for n in range(3_000)),
    )
)  # fmt: skip
"""Functions and operators at the ends of what they take."""

STAGES = tuple(
    f"* | {stages}"
    for stages in (
        "count by bin(0)", "count by bin(1ns)", "count by bin(n, 0)", "count by bin(n, 1e-300)",
        "count by bin(f, 1e308)",
        "count by bin(n, " + "9" * 20 + ")", f"count by bin(n, {_LONG})", "count by bin(9999999999999w)",
        "stats rate() by bin(1ns)", "stats rate()", "count by bin(-1m)", "stats values(message, 1000000000)",
        "stats values(f, 9223372036854775807)", "stats values(f, 0)", "top 1000000000000000000 status",
        "top 9223372036854775808 status", "top 0 status", "limit 1000000000000000000000000000000",
        "limit 9223372036854775807", "limit -1", "sample 0", "sample 9223372036854775807", "stats quantile(n, 2)",
        "stats p101(n)", "stats quantile(n, 1e-400)", "stats p0(f), p100(f), p50(mixed), stddev(f), sum(f * 1e300)",
        "stats histogram(f), histogram(n), histogram(mixed)", "let x = 5e-324 | stats histogram(x), stddev(x)",
        "let k = 1 | join (* | let k = 1 | fields k, message) on k | count", "sessions user gap 0s",
        "sessions user gap 1e400", "sessions f gap 9223372036854775808ns", "sessions user gap 99999999999w",
        "drop * | sort x", "drop * | patterns", "drop * | sample 5", "patterns mixed", "fields time | drop time",
        "limit 0 | stats sum(n), values(n), histogram(n), min(n), first(n), p50(n), count(), rate()",
        'parse "<a><b>"', 'parse "<"', 'parse "<time> <tag>"', 'parse "<_more> <x>"', 'parse "<a> \\u0000"',
        'parse "' + " ".join(f"<a{n}>" for n in range(60)) + '"', 'parse ~"' + "(?P<a>.)?" * 2 + '"',
        'count by message as ""', "count as x", "stats count() as a, count() as A", "count by status, Status",
        "rename _seq as x", "rename message as time | count by bin(1m)", "rename status as n, n as status",
        "union (* | " * 15 + "limit 1" + ")" * 15, "union (*" * 64 + ")" * 64, "union (" * 2_000,
        "limit 5 | " * 5_000 + "count", "sort n | " * 40 + "count", "where " + "not " * 10_000 + "true",
        "stats " + ", ".join(f"count() as c{n}" for n in range(2_000)),
        "fields " + ", ".join(f"x{n}" for n in range(3_000)), "where null",
        'where message like "' + "%a" * 20_000 + '"',
    )
)  # fmt: skip
"""Stages with counts beyond all bounds, bins of no width, columns of one name, and too many of everything."""

TRAPS = SEARCHES + TIMES + TEXTS + REGEXES + EXPRESSIONS + STAGES
