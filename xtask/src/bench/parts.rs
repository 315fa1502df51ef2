//! Measures parts of a call, and the webhook.

use super::contestants::{Contestants, Cost};
use super::cpu;
use super::table::{against, count, grouped, ratio};
use crate::command::Failure;

/// The bodies that are parsed, and the bars of allocations.
const BODIES: [(&str, &str, u32); 3] = [
    ("session of 1.1 kB", "parse_created", 15),
    ("session of 3.2 kB", "parse_verified", 47),
    ("list of 100", "parse_list", 1474),
];

pub(super) fn rows(contestants: &Contestants) -> Result<(), Failure> {
    for (body, task, allocations_bar) in BODIES {
        let (ours, base) = (contestants.cost("ours", task)?, contestants.cost("base", task)?);
        against(&format!("parse a {body}: instructions"), 0.95, ours.instructions, base.instructions);
        count(&format!("parse a {body}: allocations"), allocations_bar, ours.allocations);
    }
    let (ours, base) = (encode(contestants)?, contestants.cost("base", "encode")?);
    against("encode a create: instructions", 1.75, ours.instructions, base.instructions);
    count("encode a create: allocations", 3, ours.allocations);
    // CPU time in place of instructions, since callgrind lacks the processor's instructions for SHA-256.
    let webhooks = |contestant| contestants.run(contestant, "webhook", 500_000).map(drop);
    let cpu = cpu::ratio(9, || webhooks("ours"), || webhooks("base"))?;
    ratio("verify and parse a webhook: CPU, against one HMAC and one parse", 1.02, cpu);
    Ok(())
}

/// Counts what a webhook costs beyond its HMAC, which would be the greatest part under callgrind.
pub(super) fn webhook(contestants: &Contestants) -> Result<Cost, Failure> {
    Ok(contestants.cost("ours", "webhook")? - contestants.cost("base", "hmac")?)
}

/// Counts what our encoder costs. It is private to core, so this is what parameters add to the start of a call, and
/// the buffer for names, which a call without parameters has too.
pub(super) fn encode(contestants: &Contestants) -> Result<Cost, Failure> {
    let names = contestants.cost("base", "name_buffer")?;
    Ok(contestants.cost("ours", "start_raw")? - contestants.cost("ours", "start_raw_without_params")? + names)
}

/// Prints where the instructions of a create go.
pub(super) fn print_create(contestants: &Contestants) -> Result<(), Failure> {
    let base = |task| contestants.cost("base", task);
    let ours = |task| contestants.cost("ours", task);
    let (ours_params, ours_encode, ours_start) = (ours("params")?, encode(contestants)?, ours("start")?);
    let (ours_reply, ours_parse, ours_all) = (ours("start_and_reply")?, ours("parse_created")?, ours("create")?);
    let (base_encode, base_request) = (base("encode")?, base("request")?);
    let (base_parse, base_all) = (base("parse_created")?, base("create")?);
    println!("\n| part of a create, in instructions | by hand | ours |\n|---|---|---|");
    for (part, base, ours) in [
        ("parameters", Cost::default(), ours_params),
        ("form", base_encode, ours_encode),
        (
            "the rest of the request, and the state of the call",
            base_request - base_encode,
            ours_start - ours_params - ours_encode,
        ),
        ("parsing", base_parse, ours_parse),
        ("the rest of the response", Cost::default(), ours_reply - ours_start - ours_parse),
        ("sending and receiving", base_all - base_request - base_parse, ours_all - ours_reply),
        ("all", base_all, ours_all),
    ] {
        println!("| {part} | {} | {} |", grouped(base.instructions), grouped(ours.instructions));
    }
    Ok(())
}
