"""Systems compared in pairs: a judge reads two dialogues of one case side by side, in both orders."""
