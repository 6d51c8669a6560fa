//! What can go wrong between the console and its tenant, row by row: each row of the fault matrix has a test of its name.
//!
//! ```text
//! console ─▶ tenant that plays a script (one call on the wire)
//! console ─▶ somebody between ─▶ sandbox (a whole run, from a file to READY, and what the sandbox says of it)
//! ```
//!
//! Tests named after their row stand in `network` (N), `http` (H), `tokens` (T) and `propagation` (P); W is tested beside the
//! live feed, in `tests/api`. Where another test shows a row, or more of it, it says so in a doc line, and stands here.
//! `tests/tidy` holds that no row is without a test.
//!
//! | row | what | elsewhere |
//! |---|---|---|
//! | N1 | a name without an address | |
//! | N2 | nobody listens | `upload: a_tenant_that_is_down_leaves_a_run_that_can_be_resumed`, `api: where_nobody_listens_nothing_was_applied` |
//! | N3 | a certificate, or a TLS, that is not to be trusted | `api: without_tls_that_can_be_trusted_the_secret_stays_here` |
//! | N4 | reset before the commit, and in the middle of it | |
//! | N5 | reset after the commit | `upload: a_bulk_insert_whose_answer_was_lost_is_read_back_before_anything_is_sent_again` |
//! | N6 | half an answer | `api: a_break_after_sending_leaves_the_outcome_open_and_is_not_repeated` |
//! | N7 | an answer that dries up | `api: an_answer_that_dries_up_leaves_the_outcome_open` |
//! | N8 | more than 16 MiB, packed or not; 100,000 deep | `api: an_endless_answer_is_cut_and_a_web_page_is_no_answer` |
//! | N9 | a 200 that is no answer | `api: a_web_page_with_status_200_settles_nothing` |
//! | N10 | a proxy's 407; frames of HTTP/2 | |
//! | N11 | clocks that jump, tokens that end in the night | `api: the_clock_of_the_tenant_is_read_from_its_answers` |
//! | N12 | the answer to another request | `api: a_job_is_the_one_that_was_asked_for` |
//! | H100 | 100 and 103 before the answer | |
//! | H200 | every row taken | `upload: a_messy_file_ends_on_the_list_and_every_row_is_accounted_for` |
//! | H200p | some rows refused, some not named | |
//! | H200x | an answer that contradicts itself | |
//! | H202 | the id of a job; a job that is lost | `upload: a_job_that_fails_half_way_is_read_back_and_only_the_rest_is_sent_again` |
//! | H204 | 204, 206, 207 | |
//! | H3xx | redirects | `api: a_redirect_is_not_followed_and_the_other_origin_gets_nothing`, `api: the_secret_is_not_sent_on_to_another_origin` |
//! | H304 | unchanged, though nobody asked | |
//! | H400 | the whole batch refused | |
//! | H401 | a token refused once | `api: after_a_401_the_very_same_body_is_sent_again` |
//! | H401b | and again | `api: a_second_401_ends_it_and_no_later_call_asks_for_tokens_again` |
//! | H403 | a scope that is missing | `api: a_missing_scope_is_named` |
//! | H404 | a list, an entry, a job that is gone | `api: a_job_is_the_one_that_was_asked_for` |
//! | H405 | 405, 406, 410, 415, 501 | |
//! | H408 | the server gave up waiting | |
//! | H409 | a conflict, in its three meanings | `api: a_list_that_exists_is_found_by_its_equal_name_only`, `api: what_somebody_else_changed_stays_as_they_left_it` |
//! | H412 | 412, 428 | |
//! | H413 | too many rows | `upload: a_tenant_that_refuses_every_row_alone_is_not_fed_the_whole_file` |
//! | H422 | rows refused, row by row | `upload: contacts_that_are_refused_are_dead_letters_and_the_others_are_taken_in_either_mode` |
//! | H423 | 423, 425 | |
//! | H429a | every form of `Retry-After` | `api: both_forms_of_retry_after_are_honoured` |
//! | H429b | 429 of the token endpoint | `api: a_token_endpoint_that_asks_for_patience_gets_it` |
//! | H431 | 431, 451 | |
//! | H500 | 500 before, in the middle of and after the commit | |
//! | H502 | 502, 503, 504; the circuit | `api: five_server_errors_open_the_circuit_and_one_call_closes_it_again`, `upload: a_tenant_that_never_says_what_became_of_a_call_interrupts_the_run` |
//! | H505 | statuses that nobody knows, and numbers that are none | |
//! | T1 | what is no token; odd lives | |
//! | T2 | the token endpoint is down | |
//! | T3 | a token revoked, a secret changed, scopes taken away | |
//! | T4 | fifty workers at the end of a token | `api: fifty_tasks_with_a_revoked_token_renew_it_once` |
//! | W1–W5 | the socket of the live feed | `api: w1_…` to `w5_…` |
//! | P1 | seen late; never | |
//! | P2 | seen by one replica and not by the other | |
//! | P3 | taken, says the tenant, and is not there | `upload: entries_that_the_tenant_loses_are_found_and_can_be_put_back` |
//! | P4 | pages that shrink, repeat, move | |
//! | P5 | what somebody else did | |
//! | P6 | no rule stands behind the list | `upload: a_list_whose_numbers_an_exception_lets_through_is_not_ready` |
//!
//! Where the matrix says more than the product does: 207 has no form in the contract, so it is read back and not read; rows
//! that a tenant only said it took are put there by the next upload, which a person starts. An HTTP/2 stream cannot be refused, since the client speaks HTTP/1.1 alone.
#![expect(clippy::unwrap_used, reason = "tests")]

mod between;
mod contacts;
#[path = "../common/generate.rs"]
#[expect(dead_code, reason = "other tests look at other sides of a file")]
mod generate;
mod http;
mod inserts;
mod network;
mod propagation;
mod scene;
#[path = "../upload/stage.rs"]
#[expect(dead_code, reason = "other tests do more on the same stage")]
mod stage;
#[path = "../api/tenant.rs"]
#[expect(dead_code, reason = "other tests have the tenant play other parts")]
mod tenant;
mod tokens;
