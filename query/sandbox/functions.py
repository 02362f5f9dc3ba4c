"""The functions that SQL may call: these and no others. What a new DuckDB brings is refused until it is listed here.

None of them reads files, settings, catalogs or the machine, none waits, and none makes much out of little but those of
`query.sandbox.growth`. `docs/sql.md` lists them, and a test compares the two.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


OPERATORS = frozenset(_words("+ - * / // % ** ^ & | ~ << >> || ^@ -> ->> ~~ !~~ ~~* !~~* ~~~"))
"""How the parser calls operators: `LIKE` is `~~`, `ILIKE` is `~~*`, `GLOB` is `~~~`."""

SCALAR: dict[str, tuple[str, ...]] = {
    "numbers": _words(
        "abs cbrt ceil ceiling degrees even exp fdiv floor fmod gcd greatest isfinite isinf isnan lcm least"
        " ln log log10 log2 mod pi pow power radians round sign sin cos tan asin acos atan atan2 sqrt trunc"
        " xor"
    ),
    "texts": _words(
        "ascii char_length character_length chr concat concat_ws contains ends_with ilike_escape instr lcase"
        " left len length like_escape lower lpad ltrim md5 not_ilike_escape not_like_escape ord position"
        " prefix regexp_escape regexp_extract regexp_extract_all regexp_full_match regexp_matches"
        " regexp_replace repeat replace reverse right rpad rtrim sha256 split split_part starts_with str_split"
        " string_split strip_accents strlen strpos substr substring suffix translate trim ucase unicode upper"
        " url_decode url_encode hex base64 to_base64"
    ),
    "times": _words(
        "age century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day"
        " dayname dayofmonth dayofweek dayofyear epoch epoch_ms epoch_ns epoch_us get_current_timestamp hour"
        " isodow isoyear current_date last_day make_date make_timestamp make_timestamptz microsecond"
        " millisecond minute month monthname now quarter second strftime strptime time_bucket timezone to_days"
        " to_hours to_microseconds to_milliseconds to_minutes to_months to_seconds to_timestamp to_weeks"
        " to_years today transaction_timestamp try_strptime week weekday weekofyear year yearweek"
    ),
    "JSON": _words(
        "json_array json_array_length json_contains json_exists json_extract json_extract_path"
        " json_extract_path_text json_extract_string json_keys json_object json_type json_valid json_value"
        " to_json"
    ),
    "lists, maps and structs": _words(
        "array_contains array_extract array_length array_slice array_to_string cardinality element_at"
        " list_contains list_distinct list_extract list_has list_position list_slice list_sort list_unique"
        " list_value map_contains map_extract map_keys map_values row struct_extract struct_pack unnest"
    ),
    "others": _words("if ifnull nullif hash typeof"),
}
"""Functions of one row, by what they are about."""

AGGREGATE = _words(
    "any_value approx_count_distinct approx_quantile arg_max arg_min argmax argmin array_agg avg bit_and"
    " bit_or bit_xor bool_and bool_or corr count count_if count_star countif covar_pop covar_samp entropy"
    " favg first fsum geomean group_concat histogram kahan_sum kurtosis last list listagg mad max max_by"
    " mean median min min_by mode product quantile quantile_cont quantile_disc regr_intercept regr_r2"
    " regr_slope skewness stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance"
)
"""Functions of many rows, also over windows."""

WINDOW = _words("cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number")
"""Functions of a window alone."""

ALLOWED = OPERATORS | frozenset(name for names in SCALAR.values() for name in names) | {*AGGREGATE, *WINDOW}
"""All of them, in small letters."""

NOW = frozenset(("now", "current_timestamp", "get_current_timestamp", "transaction_timestamp"))
"""Those that are the time at which the question was asked."""

TODAY = frozenset(("today", "current_date"))
"""Those that are its day."""

TYPES = frozenset(
    _words(
        "BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT"
        " DOUBLE DECIMAL VARCHAR DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS TIMESTAMPTZ"
        " TIMESTAMPTZ_NS INTERVAL UUID JSON LIST"
    )
) | {"TIMESTAMP WITH TIME ZONE"}
"""The types that values may be cast to, as the parser calls them in capitals."""
