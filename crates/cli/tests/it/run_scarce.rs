//! `amorsize run` where something is scarce or in the way: handles, programs that are none.

use crate::program::Home;

#[test]
fn with_few_handles_fewer_run_at_once_and_every_item_runs() {
    let home = Home::new();
    // From where nothing can be started to where two can: whatever there is, the run comes to its end.
    for handles in 14..24 {
        let script = format!(
            "ulimit -n {handles} && exec timeout 60 {} run -j 64 -k echo ::: $(seq 40)",
            env!("CARGO_BIN_EXE_amorsize")
        );
        let ran = home.shell(&script);
        assert!(ran.code < 3, "{handles}: {}\n{}", ran.code, ran.err);
        if ran.code == 0 {
            let wanted: String = (1..=40).map(|item| format!("{item}\n")).collect();
            assert_eq!(ran.out, wanted, "{handles}");
        }
    }
    let roomy =
        format!("ulimit -n 24 && {} run -j 64 true ::: $(seq 40)", env!("CARGO_BIN_EXE_amorsize"));
    assert_eq!(home.shell(&roomy).code, 0);
}
