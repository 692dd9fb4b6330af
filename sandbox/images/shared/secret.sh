# Sourced by entry points. secret NAME prints the value of the variable NAME, or the content of the file that NAME_FILE names without the
# newlines at its end; empty when neither is set.
secret() {
    local value="${!1-}" file_variable="${1}_FILE"
    local file="${!file_variable-}"
    if [ -n "$value" ] && [ -n "$file" ]; then
        echo "$1: is set, and $file_variable too; set one of them" >&2
        return 78
    fi
    if [ -n "$file" ]; then cat "$file" || return 78; else printf '%s' "$value"; fi
}
