use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::names::{Foreign, Named as _, recorded};
use crate::dashboards::panel::{Help, graph, stat};

pub(super) fn board() -> Board {
    Board {
        slug: "slo",
        title: "SLO",
        question: "Are we within the objective?",
        rows: vec![now(), over_time()],
    }
}

/// What a rule recorded, for the services of the page. It has no instance: an objective is of a service.
fn of_job(metric: Foreign) -> String {
    format!(r#"{}{{job=~"$job"}}"#, metric.series())
}

fn burn(errors: Foreign) -> String {
    format!("{} / on (job) (1 - {})", of_job(errors), of_job(recorded::OBJECTIVE))
}

/// An hour of errors would else make all that comes before it a flat line.
fn budget_left() -> String {
    format!("clamp_min({}, -1)", of_job(recorded::BUDGET_LEFT))
}

fn now() -> Row {
    row("Now", vec![
        stat("Objective", "percentunit", Help {
            shows: "Share of requests that must not be answered with 5xx.",
            good: "What was agreed on.",
            bad: "A rule of your own may record another one for a service.",
            next: "deploy/alerts/README.md.",
        }).query(of_job(recorded::OBJECTIVE), "{{job}}").width(6),
        stat("Budget left, three days", "percentunit", Help {
            shows: "Share of the errors that the objective allows in three days which have not happened.",
            good: "Above a half.",
            bad: "Red below 10 %; below 0 the objective is missed. What is spent twice or more shows as -100 %.",
            next: "Burn rates: is it still going on?",
        }).query(budget_left(), "{{job}}").floors(0.1, 0.5).width(6),
        stat("Burn rate, 1 h", "none", Help {
            shows: "How many times faster than allowed errors happened in the last hour.",
            good: "Below 1.",
            bad: "Red from 14.4: at that rate three days' budget lasts five hours, and somebody is paged.",
            next: "The page HTTP: which route.",
        }).query(burn(recorded::ERRORS_1H), "{{job}}").limits(1.0, 14.4).width(6),
        stat("Requests, 1 h", "reqps", Help {
            shows: "Requests per second in the last hour. Below one a minute no burn rate alerts.",
            good: "What is usual.",
            bad: "Nearly none: one error is a high share.",
            next: "The page Service overview.",
        }).query(of_job(recorded::REQUESTS_1H), "{{job}}").width(6),
        graph("Burn rates", "none", Help {
            shows: "How many times faster than allowed errors happened, in four windows.",
            good: "All below 1.",
            bad: "5 m and 1 h above 14.4, or 30 m and 6 h above 6: a page. 3 d above 1: a ticket.",
            next: "A short window alone is a spike; short and long together burn.",
        })
        .query(burn(recorded::ERRORS_5M), "5 m {{job}}")
        .query(burn(recorded::ERRORS_1H), "1 h {{job}}")
        .query(burn(recorded::ERRORS_6H), "6 h {{job}}")
        .query(burn(recorded::ERRORS_3D), "3 d {{job}}")
        .limits(1.0, 14.4),
        graph("Errors", "percentunit", Help {
            shows: "Share of requests answered with 5xx, by window.",
            good: "Below one less the objective.",
            bad: "Above it.",
            next: "Errors by route, on the page HTTP.",
        })
        .query(of_job(recorded::ERRORS_5M), "5 m {{job}}")
        .query(of_job(recorded::ERRORS_1H), "1 h {{job}}")
        .query(of_job(recorded::ERRORS_3D), "3 d {{job}}"),
    ])
}

fn over_time() -> Row {
    row(
        "Budget",
        vec![
            graph(
                "Budget left",
                "percentunit",
                Help {
                    shows: "Share of three days' budget that is left.",
                    good: "Level.",
                    bad: "A cliff is an outage, a slope is a bug.",
                    next: "The blue marks: did it begin with a deployment?",
                },
            )
            .query(budget_left(), "{{job}}"),
            graph(
                "Requests",
                "reqps",
                Help {
                    shows: "Requests per second, by window.",
                    good: "The shape of the day.",
                    bad: "A fall: clients are gone, and the budget does not show it.",
                    next: "The page Service overview.",
                },
            )
            .query(of_job(recorded::REQUESTS_5M), "5 m {{job}}")
            .query(of_job(recorded::REQUESTS_3D), "3 d {{job}}"),
        ],
    )
}
