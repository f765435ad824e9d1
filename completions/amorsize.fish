# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_amorsize_global_optspecs
    string join \n color= config= h/help V/version
end

function __fish_amorsize_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_amorsize_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_amorsize_using_subcommand
    set -l cmd (__fish_amorsize_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c amorsize -n "__fish_amorsize_needs_command" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_needs_command" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_needs_command" -s V -l version -d 'Print version'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "run" -d 'Run a command over items, as many at once and as many per process as pay'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "plan" -d 'Decide how many at once and how many per process, and say why'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "bench" -d 'Measure a grid around the plan: how far was the plan from the best?'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "tour" -d 'See the main jobs at work, in under a minute, in a private folder'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "cache" -d 'Look into the cache, say why an entry missed, and keep the store in order'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "audit" -d 'Find checks whose acts come too late: races on caches, files, maps, tables'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "explain" -d 'Explain a rule (CTA101) or a miss reason (expired)'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "doctor" -d 'Show the machine as it was read, what limits it, and the health of the cache'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "lsp" -d 'Serve an editor over stdin and stdout: findings as diagnostics, patches as quick fixes'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "config" -d 'Show every setting, its value and where it came from'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "man" -d 'Print the manual page, or write the pages of all subcommands into a folder'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "report" -d 'Show a kept report in another format, or compare two'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "schema" -d 'Print the JSON schema of an output; without a name, the list'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "prove" -d 'See a race happen: hold one operation at every boundary while another runs, and compare with both serial orders'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "flake" -d 'Run a test until it is known to be steady, flaky or broken, to a stated confidence'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "slurm-agent" -d 'Take work from the folder of a run on a cluster (started by `run --on slurm`)'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l journal -d 'Remember finished items in FILE' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l results -d 'Keep stdout and stderr of each item in DIR/NUMBER/' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l log -d 'Write a JSON line for each item' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l joblog -d 'Write a log as GNU parallel does' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l on -d 'Where to run the items' -r -f -a "here\t'This machine'
slurm\t'A cluster that Slurm runs: arrays of agents that take ranges of the items'"
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l sbatch -d 'With --on slurm: further options for sbatch, such as \'-p long --time=1:00:00 --mem=2G\'' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l slurm-dir -d 'With --on slurm: make the folder that agents share in DIR instead of here' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s j -l jobs -d 'Run N at once (8, +2, -1, 150%, 0 for the most); without it, what pays' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s n -l items-per-process -d 'Give each process N items' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s d -l delimiter -d 'Items are separated by this byte (a comma, \\\\t, \\\\x1f)' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s a -l arg-file -d 'Read items from FILE instead of stdin' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l max-workers -d 'Never run more than N at once, even where more would pay' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l retries -d 'Run a failed item again, up to N times' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l timeout -d 'End an item that takes longer (30s, 5m)' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l halt -d 'When to stop early: never, soon,fail=1, now,fail=1, soon,fail=30%' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l memory-per-job -d 'Memory one process needs (500MiB); without it, what the first ones needed' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l memfree -d 'Start nothing while less memory is free' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s k -l keep-order -d 'Outputs in the order of the items'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s u -l ungroup -d 'Outputs go straight through, not grouped'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l tag -d 'Lead each line of output with its item'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l resume -d 'Skip what the journal calls finished'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l retry-failed -d 'As --resume, and run failed items again'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l progress -l bar -d 'Show a bar with rate and time left (on a terminal only)'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l plan-only -d 'Decide, say why, and run nothing more than the sample that the decision needs'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l dry-run -d 'Print the commands and run none'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s X -l batch -l xargs -d 'Give each process as many items as pay; the command must take several'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l shell -d 'Let a shell run the command (items are quoted); without it nothing is interpreted'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s 0 -l null -d 'Items are separated by NUL instead of newline'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s r -l no-run-if-empty -d 'For the habit of xargs: no items mean no process here anyway'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -l fresh -d 'Ignore what is remembered of earlier runs'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s v -l verbose -d 'Say what was decided and why'
complete -c amorsize -n "__fish_amorsize_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l plot -d 'Draw the predicted times to FILE (.svg or .html)' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l sample -d 'Measure at most N items' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l sample-time -d 'Start no further item after this time' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l journal -d 'Remember finished items in FILE' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l results -d 'Keep stdout and stderr of each item in DIR/NUMBER/' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l log -d 'Write a JSON line for each item' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l joblog -d 'Write a log as GNU parallel does' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s j -l jobs -d 'Run N at once (8, +2, -1, 150%, 0 for the most); without it, what pays' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s n -l items-per-process -d 'Give each process N items' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s d -l delimiter -d 'Items are separated by this byte (a comma, \\\\t, \\\\x1f)' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s a -l arg-file -d 'Read items from FILE instead of stdin' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l max-workers -d 'Never run more than N at once, even where more would pay' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l retries -d 'Run a failed item again, up to N times' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l timeout -d 'End an item that takes longer (30s, 5m)' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l halt -d 'When to stop early: never, soon,fail=1, now,fail=1, soon,fail=30%' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l memory-per-job -d 'Memory one process needs (500MiB); without it, what the first ones needed' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l memfree -d 'Start nothing while less memory is free' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s k -l keep-order -d 'Outputs in the order of the items'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s u -l ungroup -d 'Outputs go straight through, not grouped'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l tag -d 'Lead each line of output with its item'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l resume -d 'Skip what the journal calls finished'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l retry-failed -d 'As --resume, and run failed items again'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s X -l batch -l xargs -d 'Give each process as many items as pay; the command must take several'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l shell -d 'Let a shell run the command (items are quoted); without it nothing is interpreted'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s 0 -l null -d 'Items are separated by NUL instead of newline'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s r -l no-run-if-empty -d 'For the habit of xargs: no items mean no process here anyway'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -l fresh -d 'Ignore what is remembered of earlier runs'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s v -l verbose -d 'Say what was decided and why'
complete -c amorsize -n "__fish_amorsize_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l rounds -d 'Measure each point N times' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l items -d 'Use only the first N items' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l time -d 'Start no further round after this time' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l plot -d 'Draw predicted and measured times to FILE (.svg or .html)' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s j -l jobs -d 'Run N at once (8, +2, -1, 150%, 0 for the most); without it, what pays' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s n -l items-per-process -d 'Give each process N items' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s d -l delimiter -d 'Items are separated by this byte (a comma, \\\\t, \\\\x1f)' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s a -l arg-file -d 'Read items from FILE instead of stdin' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l max-workers -d 'Never run more than N at once, even where more would pay' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l retries -d 'Run a failed item again, up to N times' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l timeout -d 'End an item that takes longer (30s, 5m)' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l halt -d 'When to stop early: never, soon,fail=1, now,fail=1, soon,fail=30%' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l memory-per-job -d 'Memory one process needs (500MiB); without it, what the first ones needed' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l memfree -d 'Start nothing while less memory is free' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s X -l batch -l xargs -d 'Give each process as many items as pay; the command must take several'
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l shell -d 'Let a shell run the command (items are quoted); without it nothing is interpreted'
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s 0 -l null -d 'Items are separated by NUL instead of newline'
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s r -l no-run-if-empty -d 'For the habit of xargs: no items mean no process here anyway'
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -l fresh -d 'Ignore what is remembered of earlier runs'
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s v -l verbose -d 'Say what was decided and why'
complete -c amorsize -n "__fish_amorsize_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand tour" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand tour" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand tour" -l keep -d 'Keep the folder, to look around in it afterwards'
complete -c amorsize -n "__fish_amorsize_using_subcommand tour" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "stats" -d 'Count entries, sizes and answers, and show the horizons'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "list" -d 'List the entries'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "show" -d 'Show one entry: its record and its value'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "why" -d 'Say why a look-up of this key hits or misses: its whole life and the decision'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "get" -d 'Print the value (exit 0), or say why there is none (exit 1)'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "get-many" -d 'Look up the subjects on standard input, one a line; prints one verdict a line (exit 1 when any missed)'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "put" -d 'Store a value, whatever is there'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "add" -d 'Store a value only if nothing live is there: of many at once exactly one wins (others exit 1)'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "replace" -d 'Store a value only if something live is there'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "touch" -d 'Let a live entry live longer'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "incr" -d 'Add to a whole number'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "remove" -d 'Remove an entry; look-ups will say that and when it was removed'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "prune" -d 'Drop the values of expired entries; changes no answer'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "evict" -d 'Drop the least used values until the store is within a bound'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "forget" -d 'Forget old tombstones; `absent` then states the horizon'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "clear" -d 'Remove every entry of a namespace, or of all'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "export" -d 'Write the entries to a file (or `-`) as lines of JSON'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "import" -d 'Take over the entries of an export: all of them, or none if anything is wrong with it'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "warm" -d 'Bring entries into memory, and say which are missing and why'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "verify" -d 'Check the store and every entry (exit 1 when something is damaged)'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "repair" -d 'Set damaged entries aside; never touches a whole one'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and not __fish_seen_subcommand_from stats list show why get get-many put add replace touch incr remove prune evict forget clear export import warm verify repair path" -f -a "path" -d 'Print where the store is'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from stats" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from stats" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from stats" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from stats" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -l namespace -d 'Only this namespace' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -l state -d 'Only entries in this state: live, expired, pruned, evicted, deleted, corrupt' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -l limit -d 'At most so many' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from show" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from show" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from show" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from show" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from show" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from show" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l max-age -d 'Accept no older entry than this, whatever its writer allowed' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l payload-format -d 'The payload format that is understood' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l max-age -d 'Accept no older entry than this, whatever its writer allowed' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l payload-format -d 'The payload format that is understood' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -l namespace -d 'The namespace of the keys' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -l max-age -d 'Accept no older entry than this, whatever its writer allowed' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -l payload-format -d 'The payload format that is understood' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from get-many" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l ttl -d 'How long it stays valid; `never` for no end [default: cache.ttl]' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l payload-format -d 'The payload format it is stored in' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from put" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l ttl -d 'How long it stays valid; `never` for no end [default: cache.ttl]' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l payload-format -d 'The payload format it is stored in' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l ttl -d 'How long it stays valid; `never` for no end [default: cache.ttl]' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l payload-format -d 'The payload format it is stored in' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from replace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -l ttl -d 'From now on for this long; `never` for no end [default: cache.ttl]' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from touch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -l by -d 'How much to add' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from incr" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from remove" -l namespace -d 'The namespace of a key given by its subject' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from remove" -l part -d 'A further part of a key given by its subject, such as inputs=a.txt; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from remove" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from remove" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from remove" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from remove" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from prune" -l namespace -d 'Only this namespace' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from prune" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from prune" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from prune" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from prune" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from prune" -l force -d 'Prune although the clock has jumped by more than a day'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from evict" -l max-size -d 'The bound [default: cache.max-size]' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from evict" -l max-entries -d 'At most so many entries' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from evict" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from evict" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from evict" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from evict" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from evict" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from forget" -l older-than -d 'Tombstones older than this' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from forget" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from forget" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from forget" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from forget" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from clear" -l namespace -d 'Only this namespace' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from clear" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from clear" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from clear" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from clear" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from clear" -s y -l yes -d 'Do not ask, even at a terminal'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from export" -l namespace -d 'Only this namespace' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from export" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from export" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from export" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from export" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -l from-python -d 'Take over the caches of the Python package of this name, as it kept them in JSON files (usually ~/.cache/amorsize); files that are no entries are named, and nothing in the folder is changed' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -l merge -d 'What happens to entries that are there already' -r -f -a "skip\t'Keep what is there'
overwrite\t'Take the imported one'
newer\t'Take the one that was stored later'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -l dry-run -d 'Check the file and say what would happen'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from warm" -l namespace -d 'Only this namespace' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from warm" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from warm" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from warm" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from warm" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from warm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from verify" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from verify" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from verify" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from verify" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from repair" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from repair" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from repair" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from repair" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from repair" -l clock -d 'Set right what a clock in the far future has done: bring the store back to this clock'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from repair" -l rebuild -d 'Build a damaged SQLite store anew from what can be read; the old file stays beside it'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from path" -l store -d 'The store: sqlite:PATH, postgres://…, redis://… or memory:' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from path" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from path" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from path" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand cache; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l format -d 'How to write to stdout: text, json, jsonl, sarif, github, junit, md, html' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -s o -l output -d 'Write a file, too: FORMAT=PATH, or a PATH whose ending tells the format; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l link -d 'Where a source line can be read, for links: a URL with {path} and {line}' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l fail-on -d 'Exit with 1 if a finding is at least this severe: note, warning, error' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l rule -d 'Only these rules' -r -f -a "CTA101\t''
CTA102\t''
CTA103\t''
CTA104\t''
CTA105\t''
CTA106\t''
CTA107\t''
CTA108\t''
CTA109\t''
CTA110\t''
CTA111\t''
CTA120\t''
CTA131\t''
CTA140\t''
CTA142\t''
CTA143\t''
CTA144\t''
CTA150\t''
CTA151\t''
CTA152\t''
CTA160\t''
CTA161\t''
CTA162\t''
CTA163\t''
CTA170\t''
CTA201\t''
CTA202\t''
CTA203\t''
CTA301\t''
CTA302\t''
CTA303\t''"
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l baseline -d 'Findings in this file are known; it shrinks by itself' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l since -d 'Only findings in files that changed since this revision' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l jobs -d 'Threads; as many as there are cores by default' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l all -d 'Show closed, suppressed and baselined findings, too'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l write-baseline -d 'Write all present findings to the baseline'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l diff -d 'Print the patches of mechanical fixes and nothing else'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l fix -d 'Apply the patches whose witness is gone afterwards'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l watch -d 'Audit again whenever sources change, and say what is new and what is gone'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l allow-incomplete -d 'Exit with 0 although something asked for was not looked at'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l no-cache -d 'Analyse everything afresh and remember nothing'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -l include-tests -d 'Look at tests, vendored code and examples as well'
complete -c amorsize -n "__fish_amorsize_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand explain" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand explain" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand doctor" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand doctor" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand doctor" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand lsp" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand lsp" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand lsp" -l stdio -d 'Speak over stdin and stdout, as editors ask for; it is the only way there is'
complete -c amorsize -n "__fish_amorsize_using_subcommand lsp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand config" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c amorsize -n "__fish_amorsize_using_subcommand config" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand config" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand config" -l origin -d 'Show which file and line, or which variable, each value came from'
complete -c amorsize -n "__fish_amorsize_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand completions" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand completions" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand man" -l out -d 'Write one page a subcommand into this folder instead' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand man" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand man" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and not __fish_seen_subcommand_from show diff" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and not __fish_seen_subcommand_from show diff" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and not __fish_seen_subcommand_from show diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and not __fish_seen_subcommand_from show diff" -f -a "show" -d 'Show a report that was kept as JSON in any format'
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and not __fish_seen_subcommand_from show diff" -f -a "diff" -d 'Compare two reports: new, gone, moved, unchanged, each with its reason'
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from show" -l format -d 'How to write to stdout: text, json, jsonl, sarif, github, junit, md, html' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from show" -s o -l output -d 'Write a file, too: FORMAT=PATH, or a PATH whose ending tells the format; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from show" -l link -d 'Where a source line can be read, for links: a URL with {path} and {line}' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from show" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from show" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from show" -l all -d 'Show closed, suppressed and baselined findings, too'
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from diff" -l format -d 'How to write the comparison' -r -f -a "text\t'For people'
json\t'For programs'
md\t'For a comment on a change'"
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from diff" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from diff" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand report; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand schema" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand schema" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l setup -d 'Prepares the state that every run starts from' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l into -d 'With FINDING: write the report with this proof next to its finding; may be the report itself' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l a -d 'The first operation' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l b -d 'The second operation' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l probe -d 'Prints the state afterwards; part of the outcome' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l on -d 'Where to hold: \'cache/*.json\', tcp:PORT, unix:PATH, py:FILE:FUNC, go:PKG.FUNC, wire:PROTOCOL=HOST:PORT' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l at -d 'Hold only at this boundary, as numbered in the report' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l only -d 'Hold only at boundaries whose label matches, as in \'UPDATE|COMMIT\'' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l ignore -d 'Cut what matches out of every output before comparing; may be repeated' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l allow-eviction -d 'Allow this eviction anywhere, and say whether it excuses an outcome' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l command-timeout -d 'How long one command may take' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l hold -d 'How long a party is held at most' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l timeout -d 'How long the whole experiment may take' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l max-boundaries -d 'How many boundaries are tried at most' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l python -d 'The Python interpreter for py: callables and gates' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'
md\t'To hand in'"
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l print -d 'With FINDING: print the harness and do nothing else'
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l edit -d 'With FINDING: open the harness in $VISUAL or $EDITOR before it is run'
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l swap -d 'Hold B while A runs (with --at: at that boundary of B)'
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l stderr -d 'Compare standard error too'
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -l all -d 'List every boundary, not only those where something happened'
complete -c amorsize -n "__fish_amorsize_using_subcommand prove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -s n -l runs -d 'Run it at most this often (as often as the claim needs without it)' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l confidence -d 'How sure the claim is to be, in percent' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l rate -d 'The failure rate to exclude, in percent' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l run-timeout -d 'How long one run may take' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l timeout -d 'How long everything may take' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l junit -d 'The `JUnit` file that every run writes: tells which single tests are flaky' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l against -d 'Compare with a saved answer (amorsize flake --format json)' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l before -d 'Compare with as many runs at this revision' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -s j -l jobs -d 'Run so many side by side; if one fails in company, the round does not count and the rest runs alone' -r
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l format -d 'How to write the answer' -r -f -a "text\t'For people'
json\t'For programs'
junit\t'For continuous integration'"
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l no-force -d 'Do not force the draws from Python\'s random'
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l auto-jobs -d 'Run as many side by side as pay on this machine'
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l fresh -d 'Start anew: do not count what earlier sittings saw of the same code'
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -l no-history -d 'Neither read nor keep what sittings saw'
complete -c amorsize -n "__fish_amorsize_using_subcommand flake" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c amorsize -n "__fish_amorsize_using_subcommand slurm-agent" -l color -d 'Colour: auto (a terminal and no NO_COLOR), always, never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c amorsize -n "__fish_amorsize_using_subcommand slurm-agent" -l config -d 'Read settings from this file instead of the amorsize.toml found upwards' -r -F
complete -c amorsize -n "__fish_amorsize_using_subcommand slurm-agent" -s h -l help -d 'Print help (see more with \'--help\')'
