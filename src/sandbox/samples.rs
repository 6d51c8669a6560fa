//! Numbers of the seeded world that show one thing each. All from the fictional range 555-0100 to 555-0199, which the
//! rest of the world leaves free.

/// A number and what it shows. The same with every seed.
pub const SAMPLE_NUMBERS: [(&str, &str); 10] = [
    ("+12025550101", "suppressed: on the national list"),
    ("+14155550287", "not suppressed: known to the tenant, on no list"),
    ("+12125550123", "pending: an opt-out that is not enforced yet"),
    ("+13105550144", "excepted outbound, suppressed inbound: the rules' priority inversion"),
    ("+19165550177", "three records: national, state and company"),
    ("+12065550133", "suppressed, and its entry expires within ten days"),
    ("+17135550155", "not suppressed: its only entry has expired"),
    ("+16175550162", "not suppressed: only on a list that is switched off"),
    ("+13055550188", "not suppressed: only on a list that no rule uses"),
    ("+15125550199", "unknown: the tenant has no record"),
];
