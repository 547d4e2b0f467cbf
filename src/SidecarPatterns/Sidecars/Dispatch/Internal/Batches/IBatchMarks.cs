namespace SidecarPatterns;

/// <summary>Takes what the handler of a batch says of single messages.</summary>
internal interface IBatchMarks
{
    void MarkHandled(int index);

    void MarkFailed(int index, Exception failure);
}
