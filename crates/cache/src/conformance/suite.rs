//! The list of all cases, and the run over it.

use super::Subject;
use super::{basics, damage, leases, maintenance, model, reasons, together, transfer, writes};

/// A case of the suite.
pub type Case = fn(&dyn Subject);

/// Every case with its name.
pub const CASES: &[(&str, Case)] = &[
    ("a_value_comes_back_as_it_was_stored", basics::round_trip),
    ("odd_bodies_come_back", basics::odd_bodies),
    ("another_handle_sees_it", basics::another_handle),
    ("never_stored_is_proven_and_names_the_nearest", basics::never_stored),
    ("scans_keep_to_their_prefix", basics::scans),
    ("stats_count_what_is_there", basics::stats),
    ("why_tells_everything", basics::why),
    ("uses_merge_by_maximum_and_counts_by_sum", basics::record_use),
    ("expired_by_the_writer", reasons::expired_by_writer),
    ("expired_by_the_reader", reasons::expired_by_reader),
    ("another_format_and_machine", reasons::version_and_machine),
    ("all_reasons_in_the_fixed_order", reasons::full_set),
    ("deleted_says_by_whom", reasons::deleted),
    ("evicted_says_why", reasons::evicted),
    ("add_wins_only_where_nothing_lives", writes::add),
    ("replace_needs_something_live", writes::replace),
    ("cas_needs_the_generation", writes::cas),
    ("touch_moves_the_end", writes::touch),
    ("incr_counts", writes::incr),
    ("remove_is_final_until_the_next_put", writes::remove),
    ("a_transaction_is_whole", writes::transaction),
    ("generations_grow", writes::generations),
    ("pruning_changes_no_answer", maintenance::prune_is_invisible),
    ("pruning_spares_what_is_live", maintenance::prune_spares),
    ("pruning_keeps_to_its_limit_and_namespace", maintenance::prune_bounds),
    ("evicting_takes_the_least_used", maintenance::evict_order),
    ("forgetting_raises_the_horizon", maintenance::forget),
    ("clearing_keeps_to_its_namespace", maintenance::clear),
    ("a_miss_gives_one_lease", leases::one_lease),
    ("a_lease_ends_by_put_release_and_deadline", leases::ends),
    ("a_late_writer_cannot_bring_back", leases::late_put),
    ("a_clear_ends_what_is_being_computed", leases::late_after_clear),
    ("a_dead_owner_loses_its_lease_at_once", leases::dead_owner),
    ("one_caller_refreshes_early", leases::refresh),
    ("a_machine_within_tolerance_needs_no_lease", leases::tolerance),
    ("an_export_comes_back", transfer::round_trip),
    ("an_import_is_all_or_nothing", transfer::all_or_nothing),
    ("an_import_merges_as_told", transfer::merging),
    ("a_wrong_clock_can_be_set_right", maintenance::reset_clock),
    ("damage_is_corrupt_and_never_absent", damage::never_absent),
    ("a_rotten_body_counts_only_where_it_was_the_answer", damage::rotten_body),
    ("repair_sets_aside_and_spares_the_rest", damage::repair),
    ("one_of_many_adds_wins", together::one_add_wins),
    ("no_increment_is_lost", together::no_lost_increment),
    ("readers_see_no_half_of_a_write", together::no_torn_reads),
    ("expired_stays_expired_while_others_prune", together::prune_under_readers),
    ("what_many_clean_together_is_counted_once", together::counted_once),
    ("a_value_is_computed_once", together::computed_once),
    ("a_panicking_leader_passes_the_lead_on", together::panicking_leader),
    ("random_histories_match_the_model", model::histories),
];

/// Runs every case, each on what `fresh` makes.
///
/// # Panics
/// When a case fails.
pub fn run_all(fresh: &dyn Fn() -> Box<dyn Subject>) {
    for (name, case) in CASES {
        let subject = fresh();
        // The name is in the panic's backtrace only as a function; say it.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(&*subject)));
        assert!(outcome.is_ok(), "conformance case failed: {name}");
    }
}
