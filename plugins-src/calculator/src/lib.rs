//! Arithmetic. What cannot be computed is the tool's own error, never a panic.

mod expression;

lion_guest::world!("calculator:calculator/calculator", ["../../wit", "wit"]);

struct Calculator;

impl Guest for Calculator {
    fn add(a: i64, b: i64) -> Result<i64, String> {
        a.checked_add(b).ok_or_else(too_large)
    }

    fn subtract(a: i64, b: i64) -> Result<i64, String> {
        a.checked_sub(b).ok_or_else(too_large)
    }

    fn multiply(a: i64, b: i64) -> Result<i64, String> {
        a.checked_mul(b).ok_or_else(too_large)
    }

    fn divide(a: i64, b: i64) -> Result<i64, String> {
        if b == 0 {
            return Err("division by zero".into());
        }
        a.checked_div(b).ok_or_else(too_large)
    }

    fn evaluate(expression: String) -> Result<f64, String> {
        let value = expression::evaluate(&expression)?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(too_large())
        }
    }
}

fn too_large() -> String {
    "the result does not fit".into()
}

export!(Calculator);
