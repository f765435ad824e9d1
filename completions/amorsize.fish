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
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "explain" -d 'Explain a rule (CTA101) or a miss reason (expired)'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "doctor" -d 'Show the machine as it was read, what limits it, and the health of the cache'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "config" -d 'Show every setting, its value and where it came from'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c amorsize -n "__fish_amorsize_needs_command" -f -a "man" -d 'Print the manual page, or write the pages of all subcommands into a folder'
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
