"""How thoughts and answers are called, by language: models forget theirs under a prompt of another."""

from __future__ import annotations

_THOUGHTS = (
    # Spanish, Portuguese, Italian, Romanian
    r"evaluaci[oó]n|valoraci[oó]n|an[aá]lisis|razonamiento|reflexi[oó]n|pensamientos?",
    r"avaliação|análise|raciocínio|reflexão",
    r"valutazione|analisi|ragionamento|riflession[ei]|pensieri",
    r"evaluare|analiz[aă]|raționament|gânduri",
    # French, German, Dutch, Swedish, Danish and Norwegian
    r"évaluation|analyse|raisonnement|réflexions?|pensées?",
    r"bewertung|einschätzung|denkprozess|gedanken(?:gang)?|überlegung(?:en)?",
    r"beoordeling|overweging(?:en)?|gedachten|analys|bedömning|tankar|vurdering|tanker",
    # Polish, Czech, Russian, Ukrainian, Greek
    r"ocena|rozumowanie|rozważania|myśli|analýza|hodnocení|úvahy?|myšlenky",
    r"анализ|оценка|размышлени[ея]|рассуждени[ея]|мысли|аналіз|оцінка|роздуми|міркування|думки",
    r"ανάλυση|αξιολόγηση|σκέψεις",
    # Turkish, Vietnamese, Indonesian
    r"analiz|değerlendirme|düşünce(?:ler)?|phân tích|đánh giá|suy nghĩ|penilaian|pemikiran",
    # Japanese, Korean, Arabic, Hebrew, Hindi, Thai
    r"評価|考え|推論|분석|평가|추론|생각|(?:ال)?تحليل|(?:ال)?تقييم|(?:ال)?تفكير|ניתוח|הערכה|מחשבות",
    r"विश्लेषण|मूल्यांकन|विचार|(?:การ)?วิเคราะห์|(?:การ)?ประเมิน|ความคิด",
)
_ANSWERS = (
    r"respuesta|resposta|risposta|răspuns|réponse|antwort|antwoord|svar|odpowiedź|odpověď",
    r"ответ|відповідь|απάντηση|yanıt|cevap|(?:câu )?trả lời|phản hồi|jawaban|tanggapan",
    r"返答|返信|応答|応え|응답|답변|대답|(?:ال)?رد|(?:ال)?إجابة|(?:ال)?جواب|תשובה|תגובה",
    r"उत्तर|जवाब|प्रतिक्रिया|คำตอบ|การตอบ(?:กลับ)?",
)
_INNER = r"(?: (?:intern[aeo]s?|des klienten|der klientin|del cliente|do cliente|du client))?"
THOUGHTS = rf"(?:interne |innere )?(?:{'|'.join(_THOUGHTS)}){_INNER}"
"""Names of thoughts in other languages than ours, as a pattern."""
ANSWERS = "|".join(_ANSWERS)
"""Names of what is said aloud, likewise."""
MINE = (
    r"(?:my|our|mis?|nuestr[ao]|meine?|unsere?|mon|ma|mes|notre|(?:a )?minha|(?:o )?meu|(?:la )?mia"
    r"|(?:il )?mio|mijn|min|mój|moja|мой|моя|benim|我的?)[ \t]?"
)
"""Whose thoughts or answer it is; before one label alone, words that are spoken ("Meine Antwort: nein")."""
TO = (
    r"(?:[ \t](?:to|for|an|für|al?|para|au|à|pour|ao|aan|voor)[ \t](?:(?:the|den|die|el|la|le|o|de)[ \t])?"
    r"(?:client|user|patient|klient|nutzer|cliente|paciente|usuari[oa]|cliënt)\w{0,3})?"
)
"""To whom an answer is given, behind its name."""
