namespace SidecarPatterns;

/// <summary>A version is not in order. The message says what is wrong, in words that fit behind "a version was refused:", and holds no value.</summary>
internal sealed class DocumentRefusedException(string problem) : Exception(problem);
