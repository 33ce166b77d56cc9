# terraform plan: refused unless a receipt is good for what is deployed. The pipeline has verified it before, and gives the
# answer of `countersign receipt verify … --json` in a file.
variable "receipt_answer" {
  description = "The file with the answer of countersign receipt verify --json"
  type        = string
}

variable "commit" {
  description = "The full id of the commit that is deployed"
  type        = string
}

locals {
  answer = jsondecode(file(var.receipt_answer))
}

resource "terraform_data" "payments" {
  input = var.commit

  lifecycle {
    precondition {
      condition = (
        local.answer.good
        && local.answer.service == "payments"
        && local.answer.environment == "production"
        && local.answer.commit == var.commit
        && timecmp(plantimestamp(), local.answer.expires_at) < 0
      )
      error_message = "No receipt is good for this commit now: ${join("; ", local.answer.objections)}"
    }
  }
}
